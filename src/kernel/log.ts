import { type Logger as PinoLogger, pino } from 'pino';

/** Levels from noisy to silent. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One event a line: fields first, then what happened in lower case. Never an idTag, a password or a key. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error'> & {
  child(fields: Record<string, unknown>): Logger;
};

/** A logger that writes JSON lines to standard output. */
export const createLogger = (level: LogLevel): Logger => pino({ level, base: null });
