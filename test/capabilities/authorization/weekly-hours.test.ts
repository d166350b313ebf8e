import { describe, expect, test } from 'vitest';
import { checkWeeklyHours, isWithin, type WeeklyHours } from '../../../src/capabilities/authorization/weekly-hours.ts';

const berlin = (...spans: WeeklyHours['spans']): WeeklyHours => ({ timeZone: 'Europe/Berlin', spans });
const working = berlin({ days: ['MONDAY', 'FRIDAY'], from: '08:00', to: '18:00' });
const night = berlin({ days: ['SUNDAY'], from: '22:00', to: '06:00' });
const wholeDay = berlin({ days: ['SUNDAY'], from: '00:00', to: '24:00' });

describe('hours are those of the clock on the wall', () => {
  test.each([
    ['as they begin in winter', working, '2026-01-05T07:00:00Z', true], // a Monday; UTC+1
    ['just before', working, '2026-01-05T06:59:59Z', false],
    ['as they begin in summer', working, '2026-07-06T06:00:00Z', true], // a Monday; UTC+2
    ['as they end', working, '2026-07-06T16:00:00Z', false],
    ['on another day', working, '2026-07-07T08:00:00Z', false],
    ['on the second day of the span', working, '2026-07-10T08:00:00Z', true],
    ['in the evening of a span over midnight', night, '2026-07-05T20:30:00Z', true], // Sunday 22:30
    ['in the morning after', night, '2026-07-06T03:59:00Z', true], // Monday 05:59
    ['when it is over', night, '2026-07-06T04:00:00Z', false],
    ['in the morning of its first day', night, '2026-07-05T01:00:00Z', false], // Sunday 03:00
    ['in the hour that the clock skips', night, '2026-03-29T20:30:00Z', true], // Sunday 22:30, UTC+2 since 02:00
    ['in the last minute of a whole day', wholeDay, '2026-07-05T21:59:00Z', true],
    ['when the day is over', wholeDay, '2026-07-05T22:00:00Z', false],
  ])('%s', (_name, hours, at, expected) => {
    expect(isWithin(hours, new Date(at))).toBe(expected);
  });

  test('a span whose end is its beginning lasts a day', () => {
    const hours = berlin({ days: ['SUNDAY'], from: '12:00', to: '12:00' });
    expect(isWithin(hours, new Date('2026-07-06T09:59:00Z'))).toBe(true); // Monday 11:59
    expect(isWithin(hours, new Date('2026-07-06T10:00:00Z'))).toBe(false);
  });
});

describe('hours that cannot be are refused', () => {
  const span = { days: ['MONDAY'], from: '08:00', to: '18:00' } as const;
  test.each([
    ['no such zone', { timeZone: 'Mars/Olympus', spans: [span] }, 'hours.timeZone'],
    ['no spans', { timeZone: 'UTC', spans: [] }, 'hours.spans'],
    ['too many spans', { timeZone: 'UTC', spans: Array<typeof span>(51).fill(span) }, 'hours.spans'],
    ['no days', { timeZone: 'UTC', spans: [{ ...span, days: [] }] }, 'hours.spans.0.days'],
    ['no time', { timeZone: 'UTC', spans: [{ ...span, from: '8:00' }] }, 'hours.spans.0.from'],
    ['too late', { timeZone: 'UTC', spans: [span, { ...span, to: '24:01' }] }, 'hours.spans.1.to'],
  ] as const)('%s', (_name, hours, path) => {
    expect(() => {
      checkWeeklyHours(hours, 'hours');
    }).toThrowError(expect.objectContaining({ path }));
  });
});
