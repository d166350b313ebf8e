import { type Logger as PinoLogger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** Levels from noisy to silent. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines for machines, readable lines for people. */
export const logFormats = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof logFormats)[number];

/** One event a line: fields first, then what happened in lower case. Never an idTag, a password or a key. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error'> & {
  child(fields: Record<string, unknown>): Logger;
};

/** A logger on standard output. `auto`: readable lines on a terminal, else JSON. */
export function createLogger(level: LogLevel, format: LogFormat = 'json'): Logger {
  const pretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true);
  return pretty
    ? pino(
        { level, base: null },
        PinoPretty({ sync: true, colorize: process.stdout.isTTY === true, translateTime: 'HH:MM:ss' }),
      )
    : pino({ level, base: null });
}
