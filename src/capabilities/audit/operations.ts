import { type Cancel, type Clock, repeat } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Store } from '../../store/store.ts';
import { type AuditEntry, type AuditFilter, auditable } from './model.ts';
import { createAuditStore } from './store.ts';

/** A mutation as it was called and what came of it. */
export interface CalledMutation {
  readonly operation: string;
  /** `OK`, or the code of the failure. */
  readonly outcome: string;
  readonly input: unknown;
  readonly commandId?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly requestId: string;
}

/** Who changed what, and when. */
export interface AuditOperations {
  /** Writes a mutation down; resolves when that is durable. */
  record(principal: Principal, mutation: CalledMutation): Promise<void>;
  page(tenantId: string, filter: AuditFilter, request: PageRequest): Promise<Page<AuditEntry>>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly AuditEntry[]>;
}

const sweepMs = 3_600_000;

/** The audit log; entries older than `retentionMs` are removed. */
export function createAudit(options: { store: Store; clock: Clock; log: Logger; retentionMs: number }): {
  readonly operations: AuditOperations;
  start(): void;
  stop(): void;
} {
  const { store, clock, log, retentionMs } = options;
  const entries = createAuditStore(store);
  let stop: Cancel = () => undefined;

  const sweep = async (): Promise<void> => {
    const before = new Date(clock.now().getTime() - retentionMs);
    while ((await entries.removeBefore(before)) > 0); // piece by piece, each bounded
  };

  return {
    operations: {
      record: ({ tenantId, actor }, { input, commandId, remoteAddress, ...called }) => {
        const at = clock.now();
        return entries.insert({
          _id: newId(at),
          tenantId,
          at,
          actor,
          input: auditable(input),
          ...(commandId !== undefined && { commandId }),
          ...(remoteAddress !== undefined && { remoteAddress }),
          ...called,
        });
      },
      page: entries.page,
      findMany: entries.findMany,
    },
    start() {
      stop = repeat(clock, sweepMs, sweep, (error) => log.warn({ err: error }, 'the audit log could not be swept'));
    },
    stop: () => stop(),
  };
}
