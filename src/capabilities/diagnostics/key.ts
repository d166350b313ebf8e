import type { CapabilityKey } from '../../graphql/context.ts';

/** Names the capability; it has no operations of its own: those on jobs serve it. */
export const diagnosticsKey: CapabilityKey<Record<never, never>> = { name: 'diagnostics' };
