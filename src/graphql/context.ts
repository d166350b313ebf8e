import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';

/** Names the operations of a capability; `Operations` exists for the compiler only. */
export interface CapabilityKey<Operations> {
  readonly name: string;
  readonly types?: Operations;
}

/** What every resolver gets. One per request, or per subscription event. */
export interface HubContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly log: Logger;
  /** The operations of a mounted capability. Throws when it is not mounted. */
  use<Operations>(key: CapabilityKey<Operations>): Operations;
}
