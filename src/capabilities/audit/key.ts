import type { CapabilityKey } from '../../graphql/context.ts';
import type { AuditOperations } from './operations.ts';

/** Names the audit log. */
export const auditKey: CapabilityKey<AuditOperations> = { name: 'audit' };
