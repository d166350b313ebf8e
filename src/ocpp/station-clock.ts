/** How a charge point tells the time, as far as its timestamps do not say so themselves. TIME-1. */
export interface StationClock {
  /** Minutes east of UTC of a timestamp without zone; `localMs` is its text read as if it were UTC. */
  readonly offsetMinutesAt: (localMs: number) => number;
  /** Local time is marked `Z`: the mark is taken for no zone. */
  readonly marksLocalTimeAsUtc: boolean;
}

/** A charge point of which nothing is known: no zone means UTC. */
export const utcClock: StationClock = { offsetMinutesAt: () => 0, marksLocalTimeAsUtc: false };

const fixedOffset = /^([+-])(\d{2}):(\d{2})$/;

/**
 * Minutes east of UTC in a zone, by name (`Europe/Berlin`) or fixed (`+03:00`); undefined when there is no such zone. In
 * the hour that a clock shows twice the first one is meant; in the one it leaves out, the time as if it had not.
 */
export function zoneOffset(timeZone: string): StationClock['offsetMinutesAt'] | undefined {
  const [, sign, hours, minutes] = fixedOffset.exec(timeZone) ?? [];
  if (sign !== undefined) {
    const total = Number(hours) * 60 + Number(minutes);
    if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
    return () => (sign === '-' ? -total : total);
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    return undefined; // a RangeError: no such zone
  }
  const at = (ms: number): number => {
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, east, hour = '0', minute = '0'] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
    return (east === '-' ? -1 : 1) * (Number(hour) * 60 + Number(minute));
  };
  // the offset is that of the instant, the instant needs the offset: with the larger of both sides the first hour is met
  return (localMs) => {
    const [before, after] = [at(localMs - 86_400_000), at(localMs + 86_400_000)];
    if (before === after) return before;
    return at(localMs - before * 60_000) === before ? before : after;
  };
}
