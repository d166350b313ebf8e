import { contentId } from '../../kernel/ids.ts';
import type { Timestamp } from '../../ocpp/time.ts';
import { type Decision, foldToken } from '../authorization/index.ts';
import type {
  Anomaly,
  AnomalyCode,
  RegisterReading,
  StartReport,
  StationTime,
  StopFacts,
  StopReport,
  Transaction,
} from './model.ts';

/** Told later than this, it is history: recorded, not acted on. */
export const lateAfterMs = 5 * 60_000;

const int32Max = 2_147_483_647;

/** The wire number of a transaction that the hub can have given out. STO-1. */
export const isTransactionNumber = (number: number): boolean =>
  Number.isInteger(number) && number > 0 && number <= int32Max;

/** A number that fits a signed 32-bit field; what does not is the highest one. */
export const int32 = (number: number): number =>
  Number.isInteger(number) && number >= -int32Max && number <= int32Max ? number : int32Max;

/** Whether the time of arrival had to be taken. */
export const isUnusable = ({ quality }: Timestamp): boolean => quality === 'absent' || quality === 'unusable';

/** What tells one start from another. The same instant in another spelling is the same start. STA-4. */
export const startContentKey = (start: StartReport): string =>
  contentId(
    'start',
    start.tenantId,
    start.chargePointId,
    start.connectorId,
    foldToken(start.tokenValue),
    isUnusable(start.time) ? `text ${start.time.text}` : start.time.at.getTime(),
    start.meterStartWh,
  );

/** A charge point without a clock sends equal starts that are not repeats, once the transaction before is over. */
export const nextStartKey = (previous: Transaction): string => contentId('next start', previous._id);

/** What tells one stop from another. STO-5. */
export const stopContentKey = (stop: StopReport): string =>
  contentId(
    'stop',
    isUnusable(stop.time) ? `text ${stop.time.text}` : stop.time.at.getTime(),
    stop.meterStopWh,
    stop.reason,
    stop.tokenValue === undefined ? undefined : foldToken(stop.tokenValue),
  );

/** A transaction that begins; refused ones too. STA-1, STA-6. */
export function begun(
  start: StartReport,
  given: {
    id: string;
    ocppTransactionId: number;
    startKey: string;
    authorization: Decision;
    replaces: readonly string[];
    now: Date;
  },
): Transaction {
  const { time, receivedAt } = start;
  const { id, now, ...rest } = given;
  const clockUnusable = isUnusable(time);
  const meterStartWh = register(start.meterStartWh);
  return {
    _id: id,
    tenantId: start.tenantId,
    ...rest,
    contentKey: startContentKey(start),
    chargePointId: start.chargePointId,
    connectorId: int32(start.connectorId),
    evseId: int32(start.connectorId),
    protocol: '1.6',
    state: 'ACTIVE',
    tokenValue: start.tokenValue,
    tokenKey: foldToken(start.tokenValue),
    startedAt: time.at,
    startTimeText: time.text,
    startReceivedAt: receivedAt,
    ...(clockUnusable && { clockUnusable }),
    meterStartWh,
    ...(start.reservationId !== undefined && { reservationId: int32(start.reservationId) }),
    energyWh: 0,
    energySource: 'NONE',
    anomalies: [
      ...clockAnomalies('start', time, now),
      ...meterAnomalies('meterStart', start.meterStartWh, meterStartWh, now),
    ],
    late: isLate(time, receivedAt),
    complete: false,
    updatedAt: now,
    version: 1,
  };
}

/** What a stop says, beside the answer to its token. */
export const stopFacts = (stop: StopReport, authorization: Decision | undefined): StopFacts => ({
  at: stop.time.at,
  timeText: stop.time.text,
  receivedAt: stop.receivedAt,
  meterWh: register(stop.meterStopWh),
  reason: stop.reason,
  ...(stop.wireReason !== undefined && { wireReason: stop.wireReason }),
  ...(stop.tokenValue !== undefined && { tokenValue: stop.tokenValue }),
  ...(authorization !== undefined && { authorization }),
  contentKey: stopContentKey(stop),
});

/** What changes in a transaction. */
export type TransactionChange = Pick<
  Transaction,
  'state' | 'energyWh' | 'energySource' | 'anomalies' | 'complete' | 'late' | 'updatedAt' | 'version'
> &
  Partial<Pick<Transaction, 'stop' | 'endedAt' | 'lastMeterWh' | 'lastMeterAt'>>;

/**
 * The end that the charge point reported; also for a transaction that the hub ended itself. `readings`: the newest energy
 * register in the stop's own meter values. STO-7, STO-8.
 */
export function stopped(
  present: Transaction,
  report: StopReport,
  stop: StopFacts,
  given: { readonly now: Date; readonly readings?: RegisterReading | undefined },
): TransactionChange {
  const { now } = given;
  const last = newer(lastReading(present), given.readings);
  const wasAssumed = present.state === 'ENDED_ADMINISTRATIVELY';
  const end = stop.at >= present.startedAt ? stop.at : present.startedAt;
  const fits = stop.meterWh >= present.meterStartWh;
  const anomalies: Anomaly[] = [
    ...present.anomalies.filter(({ code }) => code !== 'NO_STOP'),
    ...clockAnomalies('stop', report.time, now),
    ...meterAnomalies('meterStop', report.meterStopWh, stop.meterWh, now),
    ...(wasAssumed ? [anomaly('LATE_STOP', 'the stop came after the hub had ended the transaction itself', now)] : []),
    ...(stop.at < present.startedAt ? [anomaly('STOP_BEFORE_START', `stopped at ${stop.timeText}`, now)] : []),
    ...(fits
      ? []
      : [anomaly('METER_STOP_LT_START', `meterStop ${stop.meterWh} is below ${present.meterStartWh}`, now)]),
  ];
  return {
    state: 'ENDED',
    stop,
    endedAt: end,
    ...(fits
      ? { energyWh: stop.meterWh - present.meterStartWh, energySource: 'METER_STOP' as const }
      : sampledEnergy(present.meterStartWh, last)),
    ...(last !== undefined && { lastMeterWh: last.wh, lastMeterAt: last.at }),
    anomalies,
    complete: true,
    late: present.late || isLate(report.time, stop.receivedAt),
    updatedAt: now,
    version: present.version + 1,
  };
}

/** The end that the hub assumes when the connector is used again. G7; energy as far as it is known. */
export function endedByNextStart(present: Transaction, next: Transaction, now: Date): TransactionChange {
  const bound = next.meterStartWh >= present.meterStartWh ? next.meterStartWh : undefined;
  const last = lastReading(present);
  const sampled =
    last === undefined
      ? undefined
      : sampledEnergy(present.meterStartWh, { ...last, wh: Math.min(last.wh, bound ?? last.wh) });
  const bounded = {
    energyWh: (bound ?? present.meterStartWh) - present.meterStartWh,
    energySource: 'NEXT_START' as const,
  };
  return {
    state: 'ENDED_ADMINISTRATIVELY',
    endedAt: next.startedAt,
    ...(sampled ?? (bound === undefined ? { energyWh: 0, energySource: 'NONE' as const } : bounded)),
    anomalies: [
      ...present.anomalies,
      anomaly('NO_STOP', `the connector was used again by transaction ${next.ocppTransactionId}`, now),
    ],
    complete: false,
    late: present.late,
    updatedAt: now,
    version: present.version + 1,
  };
}

/** A second stop that says something else. STO-5. */
export function contradicted(present: Transaction, other: StopFacts, now: Date): TransactionChange | undefined {
  if (present.anomalies.some(({ code }) => code === 'STOP_CONFLICT')) return undefined;
  const detail = `another stop said meterStop ${other.meterWh}, ${other.reason}, at ${other.timeText}`;
  const { state, energyWh, energySource, complete, late, version } = present;
  return {
    state,
    energyWh,
    energySource,
    complete,
    late,
    anomalies: [...present.anomalies, anomaly('STOP_CONFLICT', detail, now)],
    updatedAt: now,
    version: version + 1,
  };
}

/** Energy so far, from the newest register; never negative, because a replaced meter may begin again at zero. */
export function sampledEnergy(
  meterStartWh: number,
  last: RegisterReading | undefined,
): Pick<Transaction, 'energyWh' | 'energySource'> {
  if (last === undefined || last.wh < meterStartWh) return { energyWh: 0, energySource: 'NONE' };
  return { energyWh: Math.round(last.wh - meterStartWh), energySource: 'LAST_SAMPLE' };
}

/** Whether `a` began before `b` as this hub saw it; copies of one start have one place. */
export const isOlder = (a: Transaction, b: Transaction): boolean =>
  a.startedAt <= b.startedAt &&
  (a.startReceivedAt < b.startReceivedAt ||
    (a.startReceivedAt.getTime() === b.startReceivedAt.getTime() && a._id < b._id));

/** Whether the transaction had begun and not ended at that instant. */
export const wasOpenAt = ({ startedAt, endedAt }: Transaction, at: Date): boolean =>
  startedAt <= at && (endedAt === undefined || at <= endedAt);

/** Length so far or at all, in whole seconds; by the charge point's clock where it gave one. */
export const durationSeconds = ({ startedAt, endedAt }: Transaction, now: Date): number =>
  Math.max(0, Math.floor(((endedAt ?? now).getTime() - startedAt.getTime()) / 1000));

const lastReading = ({ lastMeterWh, lastMeterAt }: Transaction): RegisterReading | undefined =>
  lastMeterWh === undefined || lastMeterAt === undefined ? undefined : { wh: lastMeterWh, at: lastMeterAt };

const newer = (a: RegisterReading | undefined, b: RegisterReading | undefined): RegisterReading | undefined =>
  a === undefined || (b !== undefined && b.at >= a.at) ? b : a;

const anomaly = (code: AnomalyCode, detail: string, detectedAt: Date): Anomaly => ({ code, detail, detectedAt });

/** A register that numbers can hold exactly; what is beyond counts as zero and is told as an anomaly. */
const register = (wh: number): number => (Number.isSafeInteger(Math.round(wh)) ? Math.round(wh) : 0);

const meterAnomalies = (name: string, told: number, taken: number, now: Date): Anomaly[] =>
  Math.round(told) === taken && taken >= 0
    ? []
    : [anomaly('METER_IMPLAUSIBLE', `${name} ${String(told)} cannot be a register`, now)];

function clockAnomalies(name: string, time: StationTime, now: Date): Anomaly[] {
  if (isUnusable(time)) {
    return [anomaly('CLOCK_UNUSABLE', `the ${name} has no usable time; its arrival is taken`, now)];
  }
  return time.isFuture ? [anomaly('CLOCK_IN_FUTURE', `the ${name} is told for ${time.text}`, now)] : [];
}

/** Whether it was told long after it happened. */
export const isLate = (time: StationTime, receivedAt: Date): boolean =>
  !isUnusable(time) && receivedAt.getTime() - time.at.getTime() > lateAfterMs;
