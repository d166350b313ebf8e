import { withReactions } from '../events/reactions.ts';
import type { ChargePointRegistry } from '../gateway/adapter.ts';
import type { CapabilityKey } from '../graphql/context.ts';
import { type AccessOperations, createAccess, type TokenSettings } from './access/index.ts';
import { createAuditLog } from './audit/index.ts';
import { createAuthorization } from './authorization/index.ts';
import { createAvailability } from './availability/index.ts';
import type { Capability, CapabilityDependencies } from './capability.ts';
import { createChargePoints } from './charge-points/index.ts';
import { createCommandBatches } from './command-batches/index.ts';
import { type CommandOperations, createCommands } from './commands/index.ts';
import { createDataTransfer } from './data-transfer/index.ts';
import { createDiagnostics } from './diagnostics/index.ts';
import { createEventStream } from './event-stream/index.ts';
import { createFirmware } from './firmware/index.ts';
import { createHealth, type HealthFacts } from './health/index.ts';
import { createJobs } from './jobs/index.ts';
import { createLocalList } from './local-list/index.ts';
import { createMetering } from './metering/index.ts';
import { createProvisioning } from './provisioning/index.ts';
import { createRefusedCharging } from './refused-charging/index.ts';
import { createRemoteControl } from './remote-control/index.ts';
import { createReservation } from './reservation/index.ts';
import { createSmartCharging } from './smart-charging/index.ts';
import { createTransactions } from './transactions/index.ts';
import { createWireLog, type WireLogOperations, type WireLogSettings } from './wire-log/index.ts';

/** What the settings and the process say about capabilities. */
export interface CapabilitySettings extends HealthFacts, WireLogSettings {
  /** Whose JSON Web Tokens the API takes; absent: none. */
  readonly tokens?: TokenSettings | undefined;
  /** How long the audit log goes back. */
  readonly auditRetentionMs: number;
  readonly heartbeatIntervalSeconds: number;
  readonly dataTransferVendors: readonly string[];
  readonly callTimeoutMs: number;
  readonly callQueueMax: number;
  readonly attemptRetentionDays: number;
  /** What would go out to a charge point without a link. Undefined: no such command. */
  readonly describeOffline: (name: string, input: unknown) => { action: string; payload: unknown } | undefined;
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
  const access = createAccess(parts, settings);
  const audit = createAuditLog(parts, settings);
  const health = createHealth(parts, { ...settings, otherChecks: () => [wireLog.operations.health()] });
  const eventStream = createEventStream(parts);
  const chargePoints = createChargePoints(parts, settings);
  const commands = createCommands({ ...parts, ...settings });
  const below = { chargePoints: chargePoints.operations, commands: commands.operations };
  const authorization = createAuthorization(parts, { ...below, attemptRetentionDays: settings.attemptRetentionDays });
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
  const reservation = createReservation(parts, {
    ...below,
    authorization: authorization.operations,
    availability: availability.operations,
    provisioning: provisioning.operations,
  });
  const localList = createLocalList(parts, {
    ...below,
    authorization: authorization.operations,
    provisioning: provisioning.operations,
  });
  const refusedCharging = createRefusedCharging(parts, { ...below, transactions: transactions.operations });
  const jobs = createJobs(parts, below);
  const firmware = createFirmware(parts, { ...below, jobs: jobs.operations });
  const diagnostics = createDiagnostics({ ...below, jobs: jobs.operations });
  availability.operations.decideOccupied(
    async (connector) => (await transactions.operations.findOpenOn(connector)).length > 0,
  );
  const wireLog = createWireLog(parts, { ...settings, commands: commands.operations });
  const smartCharging = createSmartCharging(parts, {
    ...below,
    availability: availability.operations,
    provisioning: provisioning.operations,
    transactions: transactions.operations,
  });
  const remoteControl = createRemoteControl({
    ...below,
    smartCharging: smartCharging.operations,
    transactions: transactions.operations,
  });
  const commandBatches = createCommandBatches(parts, {
    ...below,
    callTimeoutMs: settings.callTimeoutMs,
    use<Operations>({ name }: CapabilityKey<Operations>): Operations {
      const found = capabilities.find(({ key }) => key.name === name);
      if (found === undefined) throw new Error(`capability ${name} is not mounted`);
      return found.operations as Operations; // the key of a capability types its operations
    },
  });
  const capabilities: readonly Capability[] = [
    access,
    audit,
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
    smartCharging,
    remoteControl,
    reservation,
    localList,
    refusedCharging,
    jobs,
    firmware,
    diagnostics,
    wireLog,
    commandBatches,
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
