import type { Clock } from '../../kernel/clock.ts';
import { ConflictError, NotFoundError, VersionConflictError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { CapabilityDependencies } from '../capability.ts';
import { tokenAuthorized, tokenChanged } from './events.ts';
import {
  type AuthorizationAttempt,
  type AuthorizationPurpose,
  checkTokenChange,
  checkTokenValue,
  type Decision,
  decide,
  foldToken,
  type NewToken,
  type Token,
  type TokenChange,
  type TokenFilter,
} from './model.ts';
import type { TokenOrder, TokenStore } from './store.ts';

/** A token that is presented at a charge point. */
export interface AuthorizationRequest {
  readonly tenantId: string;
  /** As received; of any length. */
  readonly tokenValue: string;
  readonly purpose: AuthorizationPurpose;
  readonly chargePointId: string;
  readonly receivedAt: Date;
  /** Counts the transactions of this token that run elsewhere; asked only when the token has a limit. STA-5. */
  readonly runningElsewhere?: () => Promise<number>;
}

/** Points at one token: hub id, or value in any letter case. */
export type TokenReference = { readonly id: string } | { readonly value: string };

/** What is done with tokens. */
export interface AuthorizationOperations {
  /**
   * Decides about a token from what is stored here, nothing else is waited for. With purpose AUTHORIZE the attempt and its
   * event are durable before the answer; starts and stops keep the decision in the transaction.
   */
  authorize(request: AuthorizationRequest): Promise<Decision>;
  find(tenantId: string, reference: TokenReference): Promise<Token | undefined>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly Token[]>;
  list(tenantId: string, filter: TokenFilter, order: TokenOrder, page: PageRequest): Promise<Page<Token>>;
  /** Counts up to `max`. */
  count(tenantId: string, filter: TokenFilter, max: number): Promise<number>;
  /** Throws ValidationError; ConflictError when the value is taken. */
  create(tenantId: string, input: NewToken): Promise<Token>;
  /** Throws ValidationError, NotFoundError, VersionConflictError. */
  update(
    tenantId: string,
    reference: TokenReference,
    change: TokenChange,
    ifVersion?: number | undefined,
  ): Promise<Token>;
  /** Transactions of the token stay. Throws NotFoundError, VersionConflictError. */
  remove(tenantId: string, reference: TokenReference, ifVersion?: number | undefined): Promise<Token>;
}

/** How often a change without `ifVersion` is tried when others change the same token. */
const changeTries = 5;

/** The operations on tokens. */
export function createAuthorizationOperations({
  tokens,
  events,
  clock,
}: Pick<CapabilityDependencies, 'events'> & { tokens: TokenStore; clock: Clock }): AuthorizationOperations {
  const lookUp = async (tenantId: string, reference: TokenReference): Promise<Token> => {
    const found =
      'id' in reference
        ? await tokens.find(tenantId, reference.id)
        : await tokens.findByValue(tenantId, reference.value);
    if (found === null) throw new NotFoundError('token', 'id' in reference ? reference.id : reference.value);
    return found;
  };

  /** Reads, checks the version, and tries `act` until nobody was faster. */
  const changing = async (
    tenantId: string,
    reference: TokenReference,
    ifVersion: number | undefined,
    act: (present: Token) => Promise<Token | undefined>,
  ): Promise<Token> => {
    for (let tries = 0; ; tries++) {
      const present = await lookUp(tenantId, reference);
      if (ifVersion !== undefined && present.version !== ifVersion) {
        throw new VersionConflictError('token', present.version);
      }
      const done = await act(present);
      if (done !== undefined) return done;
      if (tries >= changeTries) throw new VersionConflictError('token', present.version);
    }
  };

  const groupOf = async (token: Token): Promise<Token | undefined> => {
    if (token.groupId === undefined || foldToken(token.groupId) === token.valueKey) return undefined;
    return (await tokens.findByValue(token.tenantId, token.groupId)) ?? undefined;
  };

  const runningElsewhere = async (token: Token, { purpose, ...request }: AuthorizationRequest): Promise<number> =>
    purpose === 'START' && token.allowConcurrent !== null ? ((await request.runningElsewhere?.()) ?? 0) : 0;

  return {
    async authorize(request) {
      const { tenantId, tokenValue, purpose, receivedAt } = request;
      const token = tokenValue === '' ? undefined : ((await tokens.findByValue(tenantId, tokenValue)) ?? undefined);
      const [group, running] =
        token === undefined ? [undefined, 0] : await Promise.all([groupOf(token), runningElsewhere(token, request)]);
      const decision = decide({
        token,
        ...(group !== undefined && { group }),
        purpose,
        now: clock.now(),
        runningElsewhere: running,
      });
      if (purpose !== 'AUTHORIZE') return decision;
      const attempt: AuthorizationAttempt = {
        _id: newId(receivedAt),
        tenantId,
        chargePointId: request.chargePointId,
        tokenValue,
        purpose,
        decision,
        at: receivedAt,
      };
      await Promise.all([tokens.record(attempt), events.append(tokenAuthorized(attempt))]);
      return decision;
    },

    async find(tenantId, reference) {
      const found =
        'id' in reference
          ? await tokens.find(tenantId, reference.id)
          : await tokens.findByValue(tenantId, reference.value);
      return found ?? undefined;
    },
    findMany: tokens.findMany,
    list: tokens.list,
    count: tokens.count,

    async create(tenantId, input) {
      checkTokenValue(input.value);
      checkTokenChange(input);
      const now = clock.now();
      const token: Token = {
        _id: newId(now),
        tenantId,
        value: input.value,
        valueKey: foldToken(input.value),
        status: input.status ?? 'ACTIVE',
        ...(input.validFrom !== undefined && { validFrom: input.validFrom }),
        ...(input.validUntil !== undefined && { validUntil: input.validUntil }),
        ...(input.groupId !== undefined && { groupId: input.groupId }),
        allowConcurrent: input.allowConcurrent ?? null,
        ...(input.note !== undefined && { note: input.note }),
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      if (!(await tokens.insert(token))) throw new ConflictError('there is a token with this value already');
      await events.append(tokenChanged(token, 'CREATED', now));
      return token;
    },

    async update(tenantId, reference, change, ifVersion) {
      checkTokenChange(change);
      const token = await changing(tenantId, reference, ifVersion, async (present) => {
        const next = changed(present, change, clock.now());
        checkTokenChange(next);
        return (await tokens.replace(present, next)) ? next : undefined;
      });
      await events.append(tokenChanged(token, 'UPDATED', token.updatedAt));
      return token;
    },

    async remove(tenantId, reference, ifVersion) {
      const token = await changing(tenantId, reference, ifVersion, async (present) =>
        (await tokens.remove(present)) ? present : undefined,
      );
      await events.append(tokenChanged(token, 'DELETED', clock.now()));
      return token;
    },
  };
}

function changed(present: Token, change: TokenChange, now: Date): Token {
  const { validFrom, validUntil, groupId, note, ...lasting } = present;
  const after = <T>(before: T | undefined, wanted: T | null | undefined): T | undefined =>
    wanted === undefined ? before : (wanted ?? undefined);
  const next = {
    validFrom: after(validFrom, change.validFrom),
    validUntil: after(validUntil, change.validUntil),
    groupId: after(groupId, change.groupId),
    note: after(note, change.note),
  };
  return {
    ...lasting,
    status: change.status ?? present.status,
    allowConcurrent: change.allowConcurrent === undefined ? present.allowConcurrent : change.allowConcurrent,
    ...(next.validFrom !== undefined && { validFrom: next.validFrom }),
    ...(next.validUntil !== undefined && { validUntil: next.validUntil }),
    ...(next.groupId !== undefined && { groupId: next.groupId }),
    ...(next.note !== undefined && { note: next.note }),
    updatedAt: now,
    version: present.version + 1,
  };
}
