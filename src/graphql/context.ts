import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';

/** Names the operations of a capability; `Operations` exists for the compiler only. */
export interface CapabilityKey<Operations> {
  readonly name: string;
  readonly types?: Operations;
}

/** A mutation that was called. */
export interface AuditedMutation {
  readonly operation: string;
  /** `OK`, or the code of the failure. */
  readonly outcome: string;
  readonly input: unknown;
  /** The command that it made. */
  readonly commandId?: string | undefined;
}

/** What every resolver gets. One per request, or per subscription event. */
export interface HubContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly log: Logger;
  /** Writes down that the caller called a mutation; resolves when that is durable. */
  readonly audit: (mutation: AuditedMutation) => Promise<void>;
  /** The operations of a mounted capability. Throws when it is not mounted. */
  use<Operations>(key: CapabilityKey<Operations>): Operations;
}
