import { type StationClock, utcClock, zoneOffset } from '../ocpp/station-clock.ts';
import { parseTimestamp, type Timestamp } from '../ocpp/time.ts';

/** What the hub puts up with from one charge point beyond what it does for all of them; absent: off. */
export interface StationTolerance {
  /** It offers no sub-protocol, or `ocpp1.6` in another spelling; its own spelling is echoed. CON-5. */
  readonly assumeSubprotocol?: boolean;
  /** It connects with its identity in another letter case. CON-1. */
  readonly anyIdentityCase?: boolean;
  /** Its only connector is number 0 in StartTransaction and MeterValues. */
  readonly zeroConnectorIsOne?: boolean;
  /** Zone of its timestamps that name none, e.g. `Europe/Berlin` or `+03:00`; UTC when absent. TIME-1. */
  readonly timeZone?: string;
  /** It marks local time with `Z`: such timestamps are in `timeZone`. */
  readonly marksLocalTimeAsUtc?: boolean;
  /** WebSocket ping interval, in seconds, 0: none; the hub's when absent. CON-10. */
  readonly pingIntervalSeconds?: number;
}

/** A message in the making: its payload as understood, and a way to name what was tolerated. */
type Note = (name: string) => void;

const actionsOfConnectors: ReadonlySet<string> = new Set(['StartTransaction', 'MeterValues']);

/** Reads connector 0 as 1 where the switch is on. Never changes the payload given. */
export function zeroConnectorIsOne(
  { zeroConnectorIsOne: isOn = false }: StationTolerance,
  action: string,
  payload: unknown,
  note: Note,
): unknown {
  if (!isOn || !actionsOfConnectors.has(action)) return payload;
  if (typeof payload !== 'object' || payload === null || !('connectorId' in payload)) return payload;
  if (payload.connectorId !== 0) return payload;
  note('zeroConnectorIsOne');
  return { ...payload, connectorId: 1 };
}

/** The clock that the switches describe. */
export function stationClock({ timeZone, marksLocalTimeAsUtc = false }: StationTolerance): StationClock {
  const offsetMinutesAt = timeZone === undefined ? undefined : zoneOffset(timeZone);
  return offsetMinutesAt === undefined ? utcClock : { offsetMinutesAt, marksLocalTimeAsUtc };
}

const hourMs = 3_600_000;
/** Local times are at most so far from UTC. */
const skewHoursMax = 14;
/** How near to whole hours a difference must be. */
const skewToleranceMs = 2 * 60_000;

/**
 * Reads the timestamps of one link and names what is odd about them. `wholeHourSkew` is named from the second timestamp
 * on that differs from its arrival by the same number of whole hours: local time marked `Z`; a queued message alone may
 * be so old.
 */
export function createTimeReader(clock: StationClock) {
  let lastSkewHours = 0;
  return (text: string | undefined, receivedAt: Date, note: Note): Timestamp => {
    const time = parseTimestamp(text, receivedAt, clock);
    if (time.quality === 'absent') return time;
    if (time.quality === 'noZone') note('zoneAssumed');
    if (time.quality === 'unusable') note('timestampUnusable');
    if (clock.marksLocalTimeAsUtc && time.quality === 'ok' && /[Zz]\s*$/.test(text ?? '')) note('utcMarkIgnored');
    if (time.isFuture) note('timestampInFuture');
    const skewMs = time.at.getTime() - receivedAt.getTime();
    const skewHours = Math.round(skewMs / hourMs);
    const isSkew =
      skewHours !== 0 &&
      Math.abs(skewHours) <= skewHoursMax &&
      Math.abs(skewMs - skewHours * hourMs) <= skewToleranceMs;
    if (isSkew && skewHours === lastSkewHours) note('wholeHourSkew');
    lastSkewHours = isSkew ? skewHours : 0;
    return time;
  };
}
