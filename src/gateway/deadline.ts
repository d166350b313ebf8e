import type { Clock } from '../kernel/clock.ts';

/** The work went on for longer than it may. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
  constructor(what: string, milliseconds: number) {
    super(`${what} took longer than ${milliseconds} ms`);
  }
}

/** Settles as `work` does, or rejects with `DeadlinePassed`; the work itself goes on, and its end is then ignored. */
export function withinDeadline<T>(clock: Clock, milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(milliseconds, () => reject(new DeadlinePassed(what, milliseconds)));
    work.then(resolve, reject).finally(cancel);
  });
}
