import { HubError } from '../kernel/errors.ts';

/** The cursor was not made by this event log, or was changed on the way, or names a place that does not exist. */
export class CursorInvalidError extends HubError {
  override readonly name = 'CursorInvalidError';
  constructor(why: string) {
    super('CURSOR_INVALID', `the cursor is not one of this event log: ${why}`);
  }
}

/** Retention has deleted events after the cursor. The client reloads what it shows and goes on from `oldestCursor` or later. */
export class CursorExpiredError extends HubError {
  override readonly name = 'CursorExpiredError';
  /** The place before the oldest event that is still kept. */
  readonly oldestCursor: string;
  constructor(oldestCursor: string) {
    super('CURSOR_EXPIRED', `events after the cursor are no longer kept; the oldest cursor is ${oldestCursor}`);
    this.oldestCursor = oldestCursor;
  }
}
