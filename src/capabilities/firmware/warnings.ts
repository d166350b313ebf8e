import type { CommandWarning } from '../commands/index.ts';

/** Clocks and operators are allowed so much before "now" counts as past. */
const pastMarginMs = 5 * 60_000;
const dayMs = 86_400_000;
/** An update that is further off is thought to be a slip. */
const futureDaysMax = 30;

/** What is unwise in the time of an update; it is sent all the same. OUT-1. */
export function retrieveDateWarnings(retrieveDate: Date, now: Date): CommandWarning[] {
  const path = 'input.retrieveDate';
  const aheadMs = retrieveDate.getTime() - now.getTime();
  if (aheadMs < -pastMarginMs) {
    return [{ code: 'RETRIEVE_DATE_PAST', message: 'it is in the past: the charge point may begin at once', path }];
  }
  if (aheadMs > futureDaysMax * dayMs) {
    return [{ code: 'RETRIEVE_DATE_FAR', message: `the charge point waits for more than ${futureDaysMax} days`, path }];
  }
  return [];
}
