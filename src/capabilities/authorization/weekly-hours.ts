import { ValidationError } from '../../kernel/errors.ts';

/** Days of the week, as calendars of ISO 8601 number them. */
export const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
export type Weekday = (typeof weekdays)[number];

/** A part of some days. One that ends at or before its beginning ends on the next day. */
export interface WeeklySpan {
  /** The days on which it begins. */
  readonly days: readonly Weekday[];
  /** HH:MM, belongs to it. */
  readonly from: string;
  /** HH:MM or 24:00, does not belong to it. */
  readonly to: string;
}

/** Hours that come back each week, by the clock on the wall of a time zone. */
export interface WeeklyHours {
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
  readonly spans: readonly WeeklySpan[];
}

/** How many spans one plan may have. */
export const spansMax = 50;

/** Formats are dear to make; there are fewer time zones than this in the world. */
const formats = new Map<string, Intl.DateTimeFormat>();
const formatsMax = 600;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (formats.size >= formatsMax) formats.clear();
  formats.set(timeZone, made);
  return made;
}

const dayNumbers: ReadonlyMap<string, number> = new Map(weekdays.map((name, number) => [name, number]));

/** The day and the minute of it that a clock on the wall shows. */
function wallClock(at: Date, timeZone: string): { day: number; minute: number } {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const day = dayNumbers.get(parts.get('weekday')?.toUpperCase() ?? '') ?? -1;
  return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** Whether an instant is within the hours. */
export function isWithin({ timeZone, spans }: WeeklyHours, at: Date): boolean {
  const { day, minute } = wallClock(at, timeZone);
  return spans.some(({ days, from, to }) => {
    const [begin, end] = [minutes(from), minutes(to)];
    const beginsOn = (which: number) => days.some((name) => dayNumbers.get(name) === which);
    if (end > begin) return beginsOn(day) && minute >= begin && minute < end;
    return (beginsOn(day) && minute >= begin) || (beginsOn((day + 6) % 7) && minute < end);
  });
}

/** Throws a `ValidationError` when the hours cannot be understood. */
export function checkWeeklyHours({ timeZone, spans }: WeeklyHours, path: string): void {
  if (timeZone.length > 64 || !isTimeZone(timeZone)) {
    throw new ValidationError(`${path}.timeZone`, 'must be the IANA name of a time zone');
  }
  if (spans.length < 1 || spans.length > spansMax) {
    throw new ValidationError(`${path}.spans`, `must have 1 to ${spansMax} spans`);
  }
  spans.forEach(({ days, from, to }, index) => {
    if (days.length < 1 || days.length > weekdays.length) {
      throw new ValidationError(`${path}.spans.${index}.days`, 'must have 1 to 7 days');
    }
    if (!isTimeOfDay(from)) throw new ValidationError(`${path}.spans.${index}.from`, 'must be 00:00 to 23:59');
    if (!isTimeOfDay(to) && to !== '24:00') {
      throw new ValidationError(`${path}.spans.${index}.to`, 'must be 00:00 to 24:00');
    }
  });
}

const isTimeOfDay = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}
