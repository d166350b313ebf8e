import { withReactions } from '../events/reactions.ts';
import type { ChargePointRegistry } from '../gateway/adapter.ts';
import type { AccessOperations } from './access/index.ts';
import { createAccess } from './access/index.ts';
import { createAuthorization } from './authorization/index.ts';
import { createAvailability } from './availability/index.ts';
import type { Capability, CapabilityDependencies } from './capability.ts';
import { createChargePoints } from './charge-points/index.ts';
import { type CommandOperations, createCommands } from './commands/index.ts';
import { createDataTransfer } from './data-transfer/index.ts';
import { createEventStream } from './event-stream/index.ts';
import { createHealth, type HealthFacts } from './health/index.ts';
import { createMetering } from './metering/index.ts';
import { createProvisioning } from './provisioning/index.ts';
import { createRemoteControl } from './remote-control/index.ts';
import { createReservation } from './reservation/index.ts';
import { createTransactions } from './transactions/index.ts';
import { createWireLog, type WireLogOperations, type WireLogSettings } from './wire-log/index.ts';

/** What the settings and the process say about capabilities. */
export interface CapabilitySettings extends HealthFacts, WireLogSettings {
  readonly heartbeatIntervalSeconds: number;
  readonly dataTransferVendors: readonly string[];
  readonly callTimeoutMs: number;
  readonly callQueueMax: number;
}

/** All capabilities of the hub, lowest first: a capability is given the operations of those below it. */
export function mountCapabilities(
  dependencies: CapabilityDependencies,
  settings: CapabilitySettings,
): {
  readonly capabilities: readonly Capability[];
  readonly registry: ChargePointRegistry;
  readonly commands: CommandOperations;
  readonly access: AccessOperations;
  readonly wireLog: WireLogOperations;
} {
  const events = withReactions(dependencies.events);
  const parts = { ...dependencies, events };
  const access = createAccess(parts);
  const health = createHealth(parts, { ...settings, otherChecks: () => [wireLog.operations.health()] });
  const eventStream = createEventStream(parts);
  const chargePoints = createChargePoints(parts, settings);
  const commands = createCommands({ ...parts, ...settings });
  const below = { chargePoints: chargePoints.operations, commands: commands.operations };
  const authorization = createAuthorization(parts, below);
  const availability = createAvailability(parts, below);
  const provisioning = createProvisioning(parts, below);
  const dataTransfer = createDataTransfer(parts, { ...below, acceptedVendors: settings.dataTransferVendors });
  const metering = createMetering(parts);
  const transactions = createTransactions(parts, {
    authorization: authorization.operations,
    availability: availability.operations,
    readingKeeper: metering.readingKeeper,
  });
  chargePoints.operations.guardDelete(async ({ tenantId, _id }) =>
    (await transactions.operations.findOpen(tenantId, [_id])).length > 0 ? 'a transaction runs there' : undefined,
  );
  availability.operations.decideOccupied(async ({ tenantId, chargePointId, connectorId }) =>
    (await transactions.operations.findOpen(tenantId, [chargePointId])).some((one) => one.connectorId === connectorId),
  );
  const remoteControl = createRemoteControl({ ...below, transactions: transactions.operations });
  const reservation = createReservation(parts, {
    ...below,
    authorization: authorization.operations,
    availability: availability.operations,
    provisioning: provisioning.operations,
  });
  const wireLog = createWireLog(parts, { ...settings, commands: commands.operations });
  const capabilities: readonly Capability[] = [
    access,
    health,
    eventStream,
    chargePoints,
    commands,
    authorization,
    availability,
    provisioning,
    dataTransfer,
    transactions,
    metering.mount({ transactions: transactions.operations }),
    remoteControl,
    reservation,
    wireLog,
  ];
  for (const { reactions } of capabilities) if (reactions !== undefined) events.react(reactions);
  return {
    capabilities,
    registry: chargePoints.registry,
    commands: commands.operations,
    access: access.operations,
    wireLog: wireLog.operations,
  };
}
