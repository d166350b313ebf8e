import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import type {
  ChargingProfile,
  ChargingProfileKind,
  ChargingProfilePurpose,
  ChargingSchedulePeriod,
  RecurrencyKind,
} from './profile.ts';
import { periodsMax } from './wish.ts';

/** The purposes, as the API shows them. */
export const ChargingProfilePurposeEnum = enumType(
  'ChargingProfilePurpose',
  'What a charging profile limits. OCPP 1.6 §7.11.',
  {
    CHARGE_POINT_MAX_PROFILE: 'The charge point as a whole; caps everything else. On connector 0 only.',
    TX_DEFAULT_PROFILE: 'Every transaction on the connector that has no TX_PROFILE; on connector 0: on any connector.',
    TX_PROFILE: 'One transaction; ends with it.',
  } satisfies Record<ChargingProfilePurpose, string>,
);

const ChargingProfileKindEnum = enumType(
  'ChargingProfileKind',
  'How a schedule is laid on the clock. OCPP 1.6 §7.10.',
  {
    ABSOLUTE: 'Counted from `startSchedule`.',
    RECURRING: 'Counted from `startSchedule`, again every day or week.',
    RELATIVE: 'Counted from the moment that charging begins; without `startSchedule`.',
  } satisfies Record<ChargingProfileKind, string>,
);

const RecurrencyKindEnum = enumType('RecurrencyKind', 'When a recurring schedule begins anew. OCPP 1.6 §7.36.', {
  DAILY: 'Every 24 hours.',
  WEEKLY: 'Every 7 days, at that weekday and time.',
} satisfies Record<RecurrencyKind, string>);

/** The units, as the API shows them. */
export const ChargingRateUnitEnum = enumType('ChargingRateUnit', 'What limits are given in. OCPP 1.6 §7.12.', {
  A: 'Amperes, for each phase.',
  W: 'Watts, over all phases.',
});

/** A limit and when it begins. */
export const ChargingSchedulePeriodRef = builder.objectRef<ChargingSchedulePeriod>('ChargingSchedulePeriod').implement({
  description: 'A limit that holds until the next period begins or the schedule ends. OCPP 1.6 §7.14.',
  fields: (t) => ({
    startPeriod: t.exposeInt('startPeriod', { description: 'When it begins, in seconds after the schedule.' }),
    limit: t.exposeFloat('limit', { description: 'In the unit of the schedule, with at most one decimal.' }),
    numberPhases: t.exposeInt('numberPhases', {
      nullable: true,
      description: 'Phases to charge with; 3 when null.',
    }),
  }),
});

const ChargingScheduleRef = builder.objectRef<ChargingProfile['schedule']>('ChargingSchedule').implement({
  description: 'Limits over time. OCPP 1.6 §7.13.',
  fields: (t) => ({
    durationSeconds: t.exposeInt('durationSeconds', {
      nullable: true,
      description: 'Length in seconds; null: the last period goes on without end.',
    }),
    startSchedule: t.expose('startSchedule', {
      type: 'DateTime',
      nullable: true,
      description: 'When it begins; null: when charging begins.',
    }),
    unit: t.expose('unit', { type: ChargingRateUnitEnum, description: 'What the limits are given in.' }),
    minChargingRate: t.exposeFloat('minChargingRate', {
      nullable: true,
      description: 'Below it charging is not efficient, in `unit`, with at most one decimal.',
    }),
    periods: t.field({
      type: [ChargingSchedulePeriodRef],
      description: 'The limits in the order of time.',
      resolve: ({ periods }) => [...periods],
    }),
  }),
});

/** A profile as it was sent. */
export const ChargingProfileRef = builder.objectRef<ChargingProfile>('ChargingProfile').implement({
  description: 'A schedule with its purpose, validity and place in the stack, as it was sent. OCPP 1.6 §7.9.',
  fields: (t) => ({
    profileId: t.exposeInt('profileId', { description: 'Its number on the charge point (chargingProfileId).' }),
    stackLevel: t.exposeInt('stackLevel', {
      description: 'Of profiles with the same purpose the highest level that has something to say wins.',
    }),
    purpose: t.expose('purpose', { type: ChargingProfilePurposeEnum, description: 'What it limits.' }),
    kind: t.expose('kind', { type: ChargingProfileKindEnum, description: 'How its schedule is laid on the clock.' }),
    recurrencyKind: t.expose('recurrencyKind', {
      type: RecurrencyKindEnum,
      nullable: true,
      description: 'When it begins anew; null when it was not sent.',
    }),
    validFrom: t.expose('validFrom', {
      type: 'DateTime',
      nullable: true,
      description: 'From when it counts; null: at once.',
    }),
    validTo: t.expose('validTo', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it counts; null: until it is replaced or cleared.',
    }),
    ocppTransactionId: t.expose('ocppTransactionId', {
      type: 'SafeInt',
      nullable: true,
      description: 'OCPP number of the transaction that was sent with it; null when none was.',
    }),
    schedule: t.expose('schedule', { type: ChargingScheduleRef, description: 'Its limits over time.' }),
  }),
});

const ChargingSchedulePeriodInput = builder.inputType('ChargingSchedulePeriodInput', {
  description: 'A limit and when it begins. OCPP 1.6 §7.14.',
  fields: (t) => ({
    startPeriod: t.int({
      required: true,
      description: 'Seconds after the start of the schedule, 0 or more; the first should be 0.',
    }),
    limit: t.float({
      required: true,
      description: 'In the unit of the schedule, 0 or more, at most one decimal; more are refused.',
    }),
    numberPhases: t.int({ description: 'Phases to charge with; left out of the message when absent, which means 3.' }),
  }),
});

const ChargingScheduleInput = builder.inputType('ChargingScheduleInput', {
  description: 'Limits over time. What is left out is not sent. OCPP 1.6 §7.13.',
  fields: (t) => ({
    durationSeconds: t.int({ description: 'Length in seconds, 0 or more; without it the last period has no end.' }),
    startSchedule: t.field({
      type: 'DateTime',
      description: 'When it begins; for ABSOLUTE and RECURRING profiles, not for RELATIVE ones.',
    }),
    unit: t.field({ type: ChargingRateUnitEnum, required: true, description: 'What the limits are given in.' }),
    minChargingRate: t.float({ description: 'Below it charging is not efficient; 0 or more, at most one decimal.' }),
    periods: t.field({
      type: [ChargingSchedulePeriodInput],
      required: true,
      description: `The limits in the order of time, 1 to ${periodsMax.toLocaleString('en')}.`,
    }),
  }),
});

/** A profile as a caller writes it. */
export const ChargingProfileInput = builder.inputType('ChargingProfileInput', {
  description:
    'A charging profile. What is left out is not sent. Legal but unwise values are sent and warned of; refused is only what no message can carry. OCPP 1.6 §7.9.',
  fields: (t) => ({
    profileId: t.int({ description: 'Its number on the charge point; the hub chooses one when absent.' }),
    stackLevel: t.int({ required: true, description: 'Place in the stack, 0 or more; higher wins.' }),
    purpose: t.field({ type: ChargingProfilePurposeEnum, required: true, description: 'What it limits.' }),
    kind: t.field({
      type: ChargingProfileKindEnum,
      required: true,
      description: 'How its schedule is laid on the clock.',
    }),
    recurrencyKind: t.field({ type: RecurrencyKindEnum, description: 'For RECURRING only: when it begins anew.' }),
    validFrom: t.field({ type: 'DateTime', description: 'From when it counts; at once when absent.' }),
    validTo: t.field({ type: 'DateTime', description: 'Until when it counts; without end when absent.' }),
    schedule: t.field({ type: ChargingScheduleInput, required: true, description: 'Its limits over time.' }),
  }),
});
