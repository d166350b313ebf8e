import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql.ts';
import { auditKey } from './key.ts';
import { type AuditOperations, createAudit } from './operations.ts';
import { auditIndexes } from './store.ts';

export { auditKey } from './key.ts';

/** Who changed what. */
export function createAuditLog(
  { store, clock, log }: Pick<CapabilityDependencies, 'store' | 'clock' | 'log'>,
  { auditRetentionMs }: { auditRetentionMs: number },
): Capability<AuditOperations> {
  const { operations, start, stop } = createAudit({ store, clock, log, retentionMs: auditRetentionMs });
  return {
    key: auditKey,
    operations,
    adapters: [],
    indexes: auditIndexes,
    start: async () => start(),
    stop: async () => stop(),
  };
}
