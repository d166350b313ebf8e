import type { Bus } from '../../bus/bus.ts';
import type { HubContext } from '../../graphql/context.ts';
import type { Clock } from '../../kernel/clock.ts';
import {
  ConflictError,
  HubError,
  IdempotencyKeyReusedError,
  NotFoundError,
  ValidationError,
} from '../../kernel/errors.ts';
import { contentId, newId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Store } from '../../store/store.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import { type CommandOperations, type CommandRequest, mayCall } from '../commands/index.ts';
import {
  type BatchMember,
  type CommandBatch,
  type Counts,
  concurrencyMax,
  type MemberOutcome,
  membersMax,
  openBatchesMax,
} from './model.ts';
import { createRunner } from './runner.ts';
import { type Selector, selected } from './select.ts';
import { createCommandBatchStore } from './store.ts';
import { batchChangedSubject, batchUpdates } from './updates.ts';

/** What a caller wants of many charge points. */
export interface BatchWish {
  readonly idempotencyKey: string;
  readonly selector: Selector;
  /** camelCase operation. */
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly concurrency: number;
  readonly stopAfterFailures?: number | undefined;
  readonly whenOffline: 'FAIL' | 'QUEUE';
  readonly expiresInSeconds?: number | undefined;
}

interface Parts {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commands: CommandOperations;
  readonly chargePoints: ChargePointOperations;
  readonly requests: ReadonlyMap<string, CommandRequest>;
  readonly use: HubContext['use'];
  readonly callTimeoutMs: number;
}

/** The member of a batch for a charge point. */
export const memberId = (batchId: string, chargePointId: string): string => contentId(batchId, chargePointId);

/** Batches of commands: issue, follow, cancel. */
export function createCommandBatchOperations(parts: Parts) {
  const { store, bus, clock, log, chargePoints, requests, use } = parts;
  const batches = createCommandBatchStore(store);

  /** The caller as it was when the batch was taken on. */
  const contextOf = ({ _id, tenantId, requestedBy, scopes }: CommandBatch): HubContext => ({
    principal: { tenantId, actor: requestedBy, scopes: new Set(scopes) },
    requestId: _id,
    log,
    audit: async () => undefined, // the mutation that made the batch is in the audit log
    use,
  });
  const runner = createRunner({ ...parts, batches, contextOf });

  /** The batch that holds the same idempotency key, if its wish is the same. */
  async function replay({ idempotencyScope, fingerprint, idempotencyKey }: CommandBatch) {
    const earlier = await batches.findByIdempotencyScope(idempotencyScope);
    if (earlier === null) return undefined;
    if (earlier.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError(idempotencyKey);
    return { batch: earlier, idempotentReplay: true };
  }

  /** Stores a member for each charge point; gives their number. */
  async function choose(batch: CommandBatch, selector: Selector): Promise<number> {
    let total = 0;
    for await (const page of selected(chargePoints, batch.tenantId, selector)) {
      await batches.insertMembers(
        page.map(
          ({ _id: chargePointId }, index): BatchMember => ({
            _id: memberId(batch._id, chargePointId),
            tenantId: batch.tenantId,
            batchId: batch._id,
            position: total + index,
            chargePointId,
            outcome: 'WAITING',
            updatedAt: batch.requestedAt,
          }),
        ),
      );
      total += page.length;
    }
    return total;
  }

  return {
    /**
     * Takes a batch on: its charge points are chosen now, its commands go out from now on. Throws ValidationError,
     * NotFoundError for a listed charge point, IdempotencyKeyReusedError, ConflictError when too many batches are under way,
     * and FORBIDDEN when the caller may not call the operation: then nothing is sent.
     */
    async issue(principal: Principal, wish: BatchWish): Promise<{ batch: CommandBatch; idempotentReplay: boolean }> {
      const { tenantId, actor } = principal;
      const { idempotencyKey, selector, name, request, concurrency, stopAfterFailures, whenOffline, expiresInSeconds } =
        wish;
      check(requests.get(name), wish);
      if (!mayCall(principal, { name })) throw new HubError('FORBIDDEN', `the credential may not call ${name}`);
      const now = clock.now();
      const batch: CommandBatch = {
        _id: newId(now),
        tenantId,
        name,
        request,
        concurrency,
        ...(stopAfterFailures !== undefined && { stopAfterFailures }),
        whenOffline,
        ...(expiresInSeconds !== undefined && { expiresInSeconds }),
        state: 'PREPARING',
        isOpen: true,
        total: 0,
        requestedBy: actor,
        scopes: [...principal.scopes],
        requestedAt: now,
        updatedAt: now,
        idempotencyKey,
        idempotencyScope: JSON.stringify([tenantId, actor.id, idempotencyKey]),
        fingerprint: contentId(
          JSON.stringify([name, request, selector, concurrency, stopAfterFailures, whenOffline, expiresInSeconds]),
        ),
      };
      const earlier = await replay(batch);
      if (earlier !== undefined) return earlier;
      if ((await batches.countOpen(tenantId, openBatchesMax)) >= openBatchesMax) {
        throw new ConflictError(`${openBatchesMax} batches are under way already`);
      }
      if (!(await batches.insert(batch))) {
        const faster = await replay(batch); // another call with the key was faster
        if (faster !== undefined) return faster;
        throw new ConflictError('another call with the key was refused meanwhile; try again');
      }
      try {
        const total = await choose(batch, selector);
        const change = { total, updatedAt: clock.now() };
        const running = await batches.move(batch, ['PREPARING'], { ...change, state: 'RUNNING' });
        const stored = running ?? (await batches.move(batch, ['CANCELLED'], change)); // taken back in the meantime
        if (stored === null) throw new Error('the batch is gone');
        runner.begin(stored);
        return { batch: stored, idempotentReplay: false };
      } catch (error) {
        await batches.discard(batch);
        throw error;
      }
    },

    /** Issues nothing more and takes back what was not sent. Throws NotFoundError, FORBIDDEN, and ConflictError when it has ended. */
    async cancel(principal: Principal, id: string): Promise<CommandBatch> {
      const batch = await batches.find(principal.tenantId, id);
      if (batch === null) throw new NotFoundError('command batch', id);
      if (!mayCall(principal, batch)) throw new HubError('FORBIDDEN', `the credential may not call ${batch.name}`);
      const at = { state: 'CANCELLED' as const, updatedAt: clock.now() };
      const early = await batches.move(batch, ['PREPARING'], at);
      if (early !== null) return early; // whoever prepares it finds that out
      const cancelled = await batches.move(batch, ['RUNNING'], at);
      if (cancelled === null) throw new ConflictError('it has ended or was stopped already');
      bus.publish(batchChangedSubject(id), undefined);
      await runner.halt(cancelled);
      return (await batches.find(principal.tenantId, id)) ?? cancelled;
    },

    find: batches.find,
    findMany: batches.findMany,
    page: batches.page,
    counts: (batch: CommandBatch): Promise<Counts> => batches.counts(batch),
    members: (
      batch: CommandBatch,
      wanted: readonly MemberOutcome[] | undefined,
      request: PageRequest,
    ): Promise<Page<BatchMember>> => batches.memberPage(batch, wanted, request),

    /** The batch as it stands, then after changes, at most once a second, until it is final. */
    updates: (tenantId: string, id: string): AsyncIterableIterator<CommandBatch> =>
      batchUpdates({ bus, clock, id, find: () => batches.find(tenantId, id) }),

    changed: runner.changed,
    start: runner.start,
    drain: runner.drain,
  };
}

/** Batches of commands: issue, follow, cancel. */
export type CommandBatchOperations = ReturnType<typeof createCommandBatchOperations>;

/** What can be told before any charge point is looked at. */
function check(known: CommandRequest | undefined, wish: BatchWish): void {
  const { concurrency, stopAfterFailures, whenOffline, expiresInSeconds, name, request } = wish;
  if (known === undefined) throw new ValidationError('input.request', `${name} cannot be asked of many`);
  if (concurrency < 1 || concurrency > concurrencyMax) {
    throw new ValidationError('input.concurrency', `must be 1 to ${concurrencyMax}`);
  }
  if (stopAfterFailures !== undefined && (stopAfterFailures < 1 || stopAfterFailures > membersMax)) {
    throw new ValidationError('input.stopAfterFailures', `must be 1 to ${membersMax}`);
  }
  const expiresMax = whenOffline === 'QUEUE' ? 604_800 : 3600;
  if (expiresInSeconds !== undefined && (expiresInSeconds < 1 || expiresInSeconds > expiresMax)) {
    throw new ValidationError('input.expiresInSeconds', `must be 1 to ${expiresMax}`);
  }
  const redacted = known.redacted(request);
  if (JSON.stringify(redacted) !== JSON.stringify(request)) {
    throw new ValidationError(`input.request.${name}`, 'holds a secret, which a batch would have to store');
  }
  if (redacted !== request && whenOffline === 'QUEUE') {
    throw new ValidationError('input.whenOffline', `${name} may hold secrets and is not kept for later`);
  }
}
