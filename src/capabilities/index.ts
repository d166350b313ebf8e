import type { ChargePointRegistry } from '../gateway/adapter.ts';
import type { AccessOperations } from './access/index.ts';
import { createAccess } from './access/index.ts';
import { createAuthorization } from './authorization/index.ts';
import { createAvailability } from './availability/index.ts';
import type { Capability, CapabilityDependencies } from './capability.ts';
import { createChargePoints } from './charge-points/index.ts';
import { type CommandOperations, createCommands } from './commands/index.ts';
import { createEventStream } from './event-stream/index.ts';
import { createRemoteControl } from './remote-control/index.ts';

/** What the settings say about capabilities. */
export interface CapabilitySettings {
  /** Name of this life of this hub process. */
  readonly instance: string;
  readonly heartbeatIntervalSeconds: number;
  readonly dataTransferVendors: readonly string[];
  readonly callTimeoutMs: number;
  readonly callQueueMax: number;
}

/** All capabilities of the hub, lowest first: a capability is given the operations of those below it. */
export function mountCapabilities(
  parts: CapabilityDependencies,
  settings: CapabilitySettings,
): {
  readonly capabilities: readonly Capability[];
  readonly registry: ChargePointRegistry;
  readonly commands: CommandOperations;
  readonly access: AccessOperations;
} {
  const access = createAccess(parts);
  const eventStream = createEventStream(parts);
  const chargePoints = createChargePoints(parts, settings);
  const commands = createCommands({ ...parts, ...settings });
  const below = { chargePoints: chargePoints.operations, commands: commands.operations };
  const authorization = createAuthorization(parts, below);
  const availability = createAvailability(parts, below);
  const remoteControl = createRemoteControl(below);
  return {
    capabilities: [access, eventStream, chargePoints, commands, authorization, availability, remoteControl],
    registry: chargePoints.registry,
    commands: commands.operations,
    access: access.operations,
  };
}
