import { type StationClock, utcClock } from './station-clock.ts';

/** What became of a timestamp. `absent`: none was sent; `unusable`: it says nothing about real time. */
export type TimestampQuality = 'ok' | 'noZone' | 'absent' | 'unusable';

/** A timestamp of a charge point, read. */
export interface Timestamp {
  /** The instant it means, or the time of arrival when the quality is `absent` or `unusable`. */
  readonly at: Date;
  readonly quality: TimestampQuality;
  /** More than five minutes after the arrival. Kept all the same. */
  readonly isFuture: boolean;
}

/** Clocks of charge points may run ahead by so much before a timestamp counts as future. */
const clockSkewMaxMs = 5 * 60_000;

/** Nothing before this is a real time of an OCPP 1.6 message: clocks that were never set start in 0001, 1970 or 2000. */
const earliestMs = Date.UTC(2010, 0, 1);

/** Longest text that is looked at, in characters. */
const textMax = 64;

// date, T or blank, time with optional seconds and any number of decimals, zone as Z, +3, +03, +0300 or +03:00
const pattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d*))?)?\s?(?:([Zz])|([+-])(\d{1,2})(?::?(\d{2}))?)?$/;

/**
 * Reads a timestamp of a charge point, however it is written; never throws. A missing zone is the one of `clock`, by
 * default UTC. Digits beyond milliseconds are cut off. TIME-1.
 */
export function parseTimestamp(text: string | undefined, receivedAt: Date, clock: StationClock = utcClock): Timestamp {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return { at: receivedAt, quality: 'absent', isFuture: false };
  const read = trimmed.length <= textMax ? readIso(trimmed, clock) : undefined;
  if (!read || read.ms < earliestMs) return { at: receivedAt, quality: 'unusable', isFuture: false };
  return {
    at: new Date(read.ms),
    quality: read.hasZone ? 'ok' : 'noZone',
    isFuture: read.ms > receivedAt.getTime() + clockSkewMaxMs,
  };
}

/**
 * Writes a timestamp as every charge point and test tool can read it: UTC, always three decimals, `Z`. Throws a
 * RangeError for an invalid date.
 */
export const formatTimestamp = (date: Date): string => date.toISOString();

function readIso(text: string, clock: StationClock): { ms: number; hasZone: boolean } | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zulu, sign, zoneHours, zoneMinutes = '0'] =
    match;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  // 24:00:00 is the end of the day, second 60 a leap second
  const isEndOfDay = hour === '24' && Number(minute) === 0 && Number(second) === 0;
  if (Number(hour) > 23 && !isEndOfDay) return undefined;
  if (Number(minute) > 59 || Number(second) > 60) return undefined;
  if (Number(zoneHours ?? 0) > 23 || Number(zoneMinutes) > 59) return undefined;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const ms = local + Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (zulu && !clock.marksLocalTimeAsUtc) return { ms, hasZone: true };
  if (!zoneHours) return { ms: ms - clock.offsetMinutesAt(ms) * 60_000, hasZone: Boolean(zulu) };
  const offsetMinutes = Number(zoneHours) * 60 + Number(zoneMinutes);
  return { ms: ms - (sign === '-' ? -offsetMinutes : offsetMinutes) * 60_000, hasZone: true };
}

const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
