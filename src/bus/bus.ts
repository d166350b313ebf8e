/** Ends a subscription or a service; harmless when called twice. */
export type Unsubscribe = () => void;

/** Nobody serves the subject: for a charge point it means "not connected". */
export class NobodyServes extends Error {
  override readonly name = 'NobodyServes';
  constructor(subject: string) {
    super(`nobody serves ${subject}`);
  }
}

/** The answer did not come in time. */
export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';
  constructor(subject: string, timeoutMs: number) {
    super(`no answer on ${subject} within ${timeoutMs} ms`);
  }
}

/** The bus was closed: the hub is going down. */
export class BusClosed extends Error {
  override readonly name = 'BusClosed';
  constructor() {
    super('the bus is closed');
  }
}

/**
 * How parts and nodes of the hub wake each other. The record is always the database; a lost message costs time, never
 * data. Subjects are words joined by dots; no word holds a dot, a space, `*` or `>`.
 */
export interface Bus {
  /** Tells everyone who listens, if anyone. Never throws; a listener that throws harms nobody else. */
  publish(subject: string, message: unknown): void;
  /** Hears every message published on exactly this subject. */
  subscribe(subject: string, hear: (message: unknown) => void): Unsubscribe;
  /** Asks whoever serves the subject. Rejects with `NobodyServes`, `RequestTimedOut`, or the server's own error. */
  request(subject: string, message: unknown, timeoutMs: number): Promise<unknown>;
  /** Answers requests on the subject. The newest server of a subject answers; the older one takes over when it ends. */
  serve(subject: string, answer: (message: unknown) => Promise<unknown>): Unsubscribe;
  /** Ends all subscriptions and services. Afterwards `publish` does nothing and the other verbs fail with `BusClosed`. */
  close(): Promise<void>;
}

/** Makes any text fit to be one word of a subject. Different texts give different words. */
export const subjectWord = (text: string): string =>
  text === '' ? '%' : encodeURIComponent(text).replaceAll('.', '%2E').replaceAll('*', '%2A');
