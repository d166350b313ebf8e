import { type Cancel, repeat } from '../../kernel/clock.ts';
import { contentId } from '../../kernel/ids.ts';
import { foldToken } from '../authorization/index.ts';
import type { AvailabilityOperations } from '../availability/index.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import {
  chargingProfileStatuses,
  clearChargingProfile,
  type GetCompositeScheduleInput,
  getCompositeSchedule,
  type SetChargingProfileInput,
  setChargingProfile,
} from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import './graphql-composite.ts';
import './graphql-events.ts';
import { smartChargingKey } from './key.ts';
import { createProfileLife } from './life.ts';
import type { ClearCriteria, ReportedSchedule } from './model.ts';
import { ocpp16 } from './ocpp16.ts';
import { createSmartChargingOperations, type SmartChargingOperations } from './operations.ts';
import { compare } from './predict.ts';
import { createSettling } from './settle.ts';
import { createSmartChargingStore, smartChargingIndexes } from './store.ts';

export { carriedProfile } from './graphql-commands.ts';
export { InstalledProfileRef, loadInstalledProfile } from './graphql-installed.ts';
export { ChargingProfileInput, ChargingProfileRef } from './graphql-type.ts';
export { smartChargingKey } from './key.ts';
export { wireProfile } from './ocpp16-profile.ts';
export type { SmartChargingOperations } from './operations.ts';
export type { ChargingProfile } from './profile.ts';

/** Charging profiles: what the hub sends, and what it believes that charge points hold. */
export function createSmartCharging(
  { store, events, clock, log }: CapabilityDependencies,
  parts: {
    readonly chargePoints: Pick<ChargePointOperations, 'onDeleted'>;
    readonly commands: Pick<CommandOperations, 'register' | 'findMany'>;
    readonly availability: Pick<AvailabilityOperations, 'findOf'>;
    readonly provisioning: Pick<ProvisioningOperations, 'configuration'>;
    readonly transactions: Pick<TransactionOperations, 'find' | 'findOpen' | 'findOpenOn'>;
  },
): Capability<SmartChargingOperations> {
  const { commands } = parts;
  const profiles = createSmartChargingStore(store);
  const life = createProfileLife({ profiles, events, clock, transactions: parts.transactions });
  const operations = createSmartChargingOperations({ profiles, life, clock, nextNumber: store.nextNumber, ...parts });
  const settle = createSettling({ profiles, life, commands, clock });
  let stopSettling: Cancel = () => undefined;

  parts.chargePoints.onDeleted(({ tenantId, _id }) => profiles.removeOf(tenantId, _id));
  commands.register(setChargingProfile, {
    issued: (command) => {
      const { connectorId, profile, transactionId } = command.input as unknown as SetChargingProfileInput; // stored by this definition
      return life.sent({
        command,
        carrier: 'SET_CHARGING_PROFILE',
        connectorId,
        profile,
        ...(transactionId !== undefined && { transactionId }),
      });
    },
    answered: ({ status }, command) => life.answered(command, chargingProfileStatuses.toWire(status)),
    failed: life.failed,
  });
  commands.register(clearChargingProfile, {
    answered: async ({ status }, command) => {
      if (status === 'ACCEPTED') await life.cleared(command, command.input as ClearCriteria); // stored by this definition
    },
  });
  commands.register(getCompositeSchedule, {
    answered: async ({ status, startsAt, schedule, connectorId }, command) => {
      if (status !== 'ACCEPTED' || schedule === undefined) return; // nothing to keep. SC-10
      const asked = command.input as unknown as GetCompositeScheduleInput; // stored by this definition
      const { tenantId, chargePointId, requestedAt } = command;
      const about = connectorId ?? asked.connectorId;
      const now = clock.now();
      const report: ReportedSchedule = {
        _id: contentId('reportedSchedule', chargePointId, about, schedule.unit),
        tenantId,
        chargePointId,
        connectorId: about,
        commandId: command._id,
        requestedAt,
        // counted from receipt; a station that does not say when got it about now
        startsAt: startsAt ?? schedule.startSchedule ?? now,
        schedule,
        source: 'CHARGE_POINT',
        reportedAt: now,
      };
      const comparison = await compare(operations.predict, report, asked.durationSeconds);
      await profiles.report({ ...report, ...(comparison !== undefined && { comparison }) });
    },
  });

  return {
    key: smartChargingKey,
    operations,
    adapters: [ocpp16],
    indexes: smartChargingIndexes,
    reactions: {
      TRANSACTION_STARTED: (event) => life.transactionStarted(event, foldToken(String(event.data['tokenValue']))),
      TRANSACTION_ENDED: life.transactionEnded,
    },
    start: async () => {
      await settle();
      stopSettling = repeat(clock, 60_000, settle, (error) =>
        log.warn({ err: error }, 'charging profiles not settled'),
      );
    },
    stop: async () => stopSettling(),
  };
}
