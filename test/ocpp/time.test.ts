import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zoneOffset } from '../../src/ocpp/station-clock.ts';
import { formatTimestamp, parseTimestamp } from '../../src/ocpp/time.ts';

const receivedAt = new Date('2026-03-01T12:00:00.000Z');
const zoned = (minutes: number) => ({ offsetMinutesAt: () => minutes, marksLocalTimeAsUtc: false });
const read = (text: string | undefined, offsetMinutes?: number) => {
  const { at, quality } = parseTimestamp(
    text,
    receivedAt,
    offsetMinutes === undefined ? undefined : zoned(offsetMinutes),
  );
  return [at.toISOString(), quality];
};

describe('TIME-1: reading', () => {
  test.each([
    ['2026-02-28T10:11:12Z', '2026-02-28T10:11:12.000Z'],
    ['2026-02-28T10:11:12.Z', '2026-02-28T10:11:12.000Z'],
    ['2026-02-28T10:11:12.3Z', '2026-02-28T10:11:12.300Z'],
    ['2026-02-28T10:11:12.123456789Z', '2026-02-28T10:11:12.123Z'],
    ['2026-02-28T10:11:12,5Z', '2026-02-28T10:11:12.500Z'],
    ['2026-02-28t10:11:12z', '2026-02-28T10:11:12.000Z'],
    ['2026-02-28 10:11:12Z', '2026-02-28T10:11:12.000Z'],
    ['2026-02-28T10:11Z', '2026-02-28T10:11:00.000Z'],
    ['2026-02-28T10:11:12+03', '2026-02-28T07:11:12.000Z'],
    ['2026-02-28T10:11:12+3', '2026-02-28T07:11:12.000Z'],
    ['2026-02-28T10:11:12+0330', '2026-02-28T06:41:12.000Z'],
    ['2026-02-28T10:11:12-05:30', '2026-02-28T15:41:12.000Z'],
    ['2026-02-28T24:00:00Z', '2026-03-01T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    [' 2026-02-28T10:11:12Z\n', '2026-02-28T10:11:12.000Z'],
  ])('%j is understood', (text, at) => {
    expect(read(text)).toEqual([at, 'ok']);
  });

  test('a missing zone is the configured one, and flagged', () => {
    expect(read('2026-02-28T10:11:12')).toEqual(['2026-02-28T10:11:12.000Z', 'noZone']);
    expect(read('2026-02-28T10:11:12', 120)).toEqual(['2026-02-28T08:11:12.000Z', 'noZone']);
    expect(read('2026-02-28T10:11:12Z', 120)).toEqual(['2026-02-28T10:11:12.000Z', 'ok']);
  });

  test.each([
    '1970-01-01T00:00:05Z',
    '0001-01-01T00:00:00Z',
    '2009-12-31T23:59:59Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-02-28T25:00:00Z',
    '2026-02-28T10:61:00Z',
    '2026-02-28T10:11:12+24:00',
    '2026-02-28',
    'yesterday',
    `2026-02-28T10:11:12.${'1'.repeat(10_000)}Z`,
  ])('%.40j says nothing: the time of arrival stands in, and is flagged', (text) => {
    expect(read(text)).toEqual([receivedAt.toISOString(), 'unusable']);
  });

  test.each([undefined, '', '  '])('%j: none was sent, the time of arrival stands in', (text) => {
    expect(read(text)).toEqual([receivedAt.toISOString(), 'absent']);
  });

  test('a time in the future is kept and flagged, a small skew is not', () => {
    expect(parseTimestamp('2026-03-01T12:04:00Z', receivedAt)).toMatchObject({ quality: 'ok', isFuture: false });
    expect(parseTimestamp('2031-03-01T12:00:00Z', receivedAt)).toEqual({
      at: new Date('2031-03-01T12:00:00Z'),
      quality: 'ok',
      isFuture: true,
    });
  });

  test('any text gives a valid date', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d{1,4})?$/)),
        (text) => {
          expect(parseTimestamp(text, receivedAt).at.getTime()).not.toBeNaN();
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const instants = fc.date({
  min: new Date('2010-01-02T00:00:00Z'),
  max: new Date('9998-12-31T00:00:00Z'),
  noInvalidDate: true,
});

test('G4: a timestamp always goes out in UTC with three decimals and Z', () => {
  fc.assert(
    fc.property(instants, (date) => {
      expect(formatTimestamp(date)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }),
  );
});

test('what is written is read again, in whatever zone it is told', () => {
  fc.assert(
    fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offsetMinutes) => {
      expect(parseTimestamp(formatTimestamp(date), receivedAt).at).toEqual(date);
      const local = formatTimestamp(new Date(date.getTime() + offsetMinutes * 60_000)).slice(0, -1);
      const [hours, minutes] = [Math.trunc(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
      const zone = `${offsetMinutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
      expect(parseTimestamp(local + zone, receivedAt).at).toEqual(date);
      expect(parseTimestamp(local, receivedAt, zoned(offsetMinutes))).toMatchObject({ at: date, quality: 'noZone' });
    }),
  );
});

describe('time zones of charge points', () => {
  test.each([
    ['Europe/Berlin', '2026-01-15T12:00:00', '2026-01-15T11:00:00.000Z'],
    ['Europe/Berlin', '2026-07-15T12:00:00', '2026-07-15T10:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'], // shown twice: the first one
    ['Europe/Berlin', '2026-10-25T03:30:00', '2026-10-25T02:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:30:00', '2026-03-29T01:30:00.000Z'],
    ['Asia/Kolkata', '2026-01-15T12:00:00', '2026-01-15T06:30:00.000Z'],
    ['America/New_York', '2026-01-15T12:00:00', '2026-01-15T17:00:00.000Z'],
    ['UTC', '2026-01-15T12:00:00', '2026-01-15T12:00:00.000Z'],
    ['+05:45', '2026-01-15T12:00:00', '2026-01-15T06:15:00.000Z'],
    ['-03:00', '2026-01-15T12:00:00', '2026-01-15T15:00:00.000Z'],
  ])('%s: %s is %s', (timeZone, text, at) => {
    const offsetMinutesAt = zoneOffset(timeZone) ?? (() => Number.NaN);
    expect(parseTimestamp(text, receivedAt, { offsetMinutesAt, marksLocalTimeAsUtc: false })).toMatchObject({
      at: new Date(at),
      quality: 'noZone',
    });
    expect(parseTimestamp(`${text}Z`, receivedAt, { offsetMinutesAt, marksLocalTimeAsUtc: true })).toMatchObject({
      at: new Date(at),
      quality: 'ok',
    });
  });

  test.each(['', 'Mars/Base', '+15:00', '+05:75', 'Europe/Berlin; DROP'])('%j is none', (timeZone) => {
    expect(zoneOffset(timeZone)).toBeUndefined();
  });
});
