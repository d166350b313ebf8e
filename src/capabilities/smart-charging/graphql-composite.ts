import { enumType } from '../../graphql/enum.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { type Command, commandMutation, statusOf } from '../commands/index.ts';
import { type GetCompositeScheduleInput, type GetCompositeScheduleOutcome, getCompositeSchedule } from './commands.ts';
import { CompositeScheduleRef } from './graphql-installed.ts';
import { ChargingRateUnitEnum } from './graphql-type.ts';
import { smartChargingKey } from './key.ts';
import type { CompositeSchedule } from './model.ts';
import type { ChargingRateUnit } from './profile.ts';

const CompositeScheduleStatusEnum = enumType('CompositeScheduleStatus', 'Answer to GetCompositeSchedule.', {
  ACCEPTED: 'The schedule is in the answer.',
  REJECTED: 'The charge point cannot tell.',
});

commandMutation({
  definition: getCompositeSchedule,
  scope: 'SMART_CHARGING_WRITE',
  description:
    'Asks a charge point what limits come out of all profiles from now on (OCPP 1.6 GetCompositeSchedule). FINISHED with the answer; it is kept in `ChargePoint.reportedSchedules`.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    connectorId: t.int({
      required: true,
      description: 'Which connector; 0: the charge point as the grid sees it.',
    }),
    durationSeconds: t.int({ required: true, description: 'Over how long, in seconds, 0 or more.' }),
    unit: t.field({
      type: ChargingRateUnitEnum,
      description: 'In what; sent whenever it is given, left to the charge point when absent.',
    }),
  }),
  resolve: async ({ chargePoint, connectorId, durationSeconds, unit }, context) => {
    if (connectorId < 0) throw new ValidationError('input.connectorId', 'must be 0 or more');
    if (durationSeconds < 0) throw new ValidationError('input.durationSeconds', 'must be 0 or more');
    const target = await targetOf(context, chargePoint);
    const asked = { connectorId, ...(unit !== null && unit !== undefined && { unit }) };
    return {
      target,
      input: { ...asked, durationSeconds },
      warnings: await context.use(smartChargingKey).warnOfComposite(target, asked),
    };
  },
  fields: (t) => ({
    connectorId: t.int({
      description: 'The connector; 0 for the whole.',
      resolve: ({ input }) => compositeOf(input).connectorId,
    }),
    durationSeconds: t.int({
      description: 'Over how long, in seconds.',
      resolve: ({ input }) => compositeOf(input).durationSeconds,
    }),
    unit: t.field({
      type: ChargingRateUnitEnum,
      nullable: true,
      description: 'In what, if it was asked for.',
      resolve: ({ input }): ChargingRateUnit | undefined => compositeOf(input).unit,
    }),
    status: t.field({
      type: CompositeScheduleStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
    schedule: t.field({
      type: CompositeScheduleRef,
      nullable: true,
      description:
        'What the charge point says, compared with what the hub computes; null until it answered, and when it gave none. The comparison is kept for the newest report of a connector and unit.',
      resolve: async (command, _args, { principal, use }) => {
        const reports = await use(smartChargingKey).reported(principal.tenantId, command.chargePointId);
        return reports.find(({ commandId }) => commandId === command._id) ?? reportedBy(command);
      },
    }),
  }),
});

const compositeOf = (input: Command['input']) => input as unknown as GetCompositeScheduleInput; // stored by `getCompositeSchedule`

/** The schedule in the answer of a `getCompositeSchedule`. */
function reportedBy({ input, outcome, respondedAt }: Command): CompositeSchedule | null {
  const { schedule, startsAt, connectorId } = (outcome ?? {}) as Partial<GetCompositeScheduleOutcome>; // stored by this operation
  if (schedule === undefined || respondedAt === undefined) return null;
  return {
    connectorId: connectorId ?? compositeOf(input).connectorId,
    startsAt: startsAt ?? schedule.startSchedule ?? respondedAt,
    schedule,
    source: 'CHARGE_POINT',
    reportedAt: respondedAt,
  };
}
