import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type LogFormat, type LogLevel, logFormats, logLevels } from './kernel/log.ts';

/** A value in the environment that the hub cannot use. The message is one line: which variable, what is wrong, what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Setting<T> {
  /** What it is for: one line in `--help` and in the README. */
  readonly about: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  readonly fallback: T;
  /** What `--help` shows as the default. */
  readonly shown?: string;
  /** Never printed. */
  readonly secret?: true;
  /** Gives the value, or undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
}

const whole = (about: string, fallback: number, min: number, max: number): Setting<number> => ({
  about,
  fallback,
  allowed: `a whole number from ${min} to ${max}`,
  parse: (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  },
});

const text = (about: string, fallback: string, allowed: string, pattern: RegExp): Setting<string> => ({
  about,
  fallback,
  allowed,
  parse: (value) => (pattern.test(value) ? value : undefined),
});

const optional = (about: string, allowed: string, pattern: RegExp): Setting<string | undefined> => ({
  about,
  allowed,
  fallback: undefined,
  shown: 'not set',
  parse: (value) => (pattern.test(value) ? value : undefined),
});

const isOrigin = (origin: string): boolean => URL.canParse(origin) && new URL(origin).origin === origin;

const oneOf = <T extends string>(about: string, fallback: T, words: readonly T[]): Setting<T> => ({
  about,
  fallback,
  allowed: words.join(', '),
  parse: (value) => words.find((word) => word === value),
});

const anyPath = /^[^\0]{1,4096}$/;
const host = /^[A-Za-z0-9.:_-]{1,255}$/;

/** Every setting of the hub: environment variable → what it means. `--help` and the README print this table. */
export const settings = {
  MONGODB_URI: {
    about: 'MongoDB to use (7 or newer, replica set or single). Not set: the embedded database in HUB_DATA_DIR.',
    allowed: 'mongodb://… or mongodb+srv://…',
    fallback: undefined,
    shown: 'not set',
    secret: true,
    parse: (value) => (/^mongodb(\+srv)?:\/\/\S{1,4000}$/.test(value) ? value : undefined),
  } satisfies Setting<string | undefined> as Setting<string | undefined>,
  MONGODB_DATABASE: text(
    'Name of the database.',
    'ocpp_hub',
    '1 to 38 letters, digits, _ or -',
    /^[A-Za-z0-9_-]{1,38}$/,
  ),
  HUB_DATA_DIR: text('Folder of the embedded database.', './data', 'a path', anyPath),
  HUB_LOG_LEVEL: oneOf<LogLevel>('How much the hub logs, on standard output.', 'info', logLevels),
  HUB_LOG_FORMAT: oneOf<LogFormat>('JSON lines or readable ones. auto: readable on a terminal.', 'auto', logFormats),
  HUB_EVENT_RETENTION_DAYS: whole('How long events can be replayed.', 30, 1, 3650),
  HUB_AUTHORIZATION_ATTEMPT_RETENTION_DAYS: whole(
    'How long it is kept which token was presented where, and what was answered.',
    90,
    1,
    3650,
  ),
  HUB_AUDIT_RETENTION_DAYS: whole('How long the audit log of mutations goes back.', 365, 1, 3650),
  HUB_WRITE_TIMEOUT_SECONDS: whole(
    'How long a write may wait for the database before the station is told to retry.',
    5,
    1,
    60,
  ),
  HUB_WIRE_LOG: oneOf<'on' | 'off'>('Whether every frame between charge points and hub is stored.', 'on', [
    'on',
    'off',
  ]),
  HUB_WIRE_LOG_DAYS: whole('How long frames are kept.', 14, 1, 3650),
  HUB_WIRE_LOG_MEGABYTES: whole(
    'How much the stored frames may take, before compression; the oldest are deleted first.',
    1024,
    1,
    10_000_000,
  ),
  OCPP_HOST: text('Address that the charge point endpoint listens on.', '0.0.0.0', 'an IP address or host name', host),
  OCPP_PORT: whole('Port of the charge point endpoint; 0 takes a free one.', 9000, 0, 65_535),
  OCPP_AUTO_REGISTER: oneOf<'on' | 'off' | 'auto'>(
    'Whether unknown charge points are let in without a password and created. auto: on with the embedded database, else off.',
    'auto',
    ['on', 'off', 'auto'],
  ),
  OCPP_ALLOW_NO_PASSWORD: oneOf<'on' | 'off'>(
    'Whether known charge points for which no password is set come in without one. With OCPP_AUTO_REGISTER they do anyway.',
    'off',
    ['on', 'off'],
  ),
  OCPP_HEARTBEAT_SECONDS: whole('Heartbeat interval that new charge points are told.', 300, 1, 86_400),
  OCPP_CALL_TIMEOUT_SECONDS: whole('How long the hub waits for the answer to a command.', 30, 1, 600),
  OCPP_PING_SECONDS: whole('WebSocket ping interval; 0 switches pings off.', 60, 0, 3600),
  OCPP_HANDSHAKE_TIMEOUT_SECONDS: whole('How long a WebSocket handshake may take.', 10, 1, 60),
  OCPP_OPEN_HANDSHAKES_MAX: whole('Handshakes under way at once; more are told to come back.', 2000, 1, 100_000),
  OCPP_FRAME_BYTES_MAX: whole('Largest frame taken from a charge point, in bytes.', 1_048_576, 1024, 16_777_216),
  OCPP_FRAMES_IN_FLIGHT_MAX: whole('Unanswered frames of one charge point before its socket is paused.', 64, 1, 10_000),
  OCPP_CALL_QUEUE_MAX: whole('Commands that may wait for one charge point.', 32, 1, 1000),
  OCPP_DATA_TRANSFER_VENDORS: {
    about:
      'Whose DataTransfer is accepted and stored: a vendor id, or vendor#message for one of its messages. Others are answered UnknownVendorId or UnknownMessageId.',
    allowed: 'vendor ids or vendor#message separated by commas, at most 100, each at most 255 characters',
    fallback: [],
    shown: 'none',
    parse: (value) => {
      const vendors = value.split(',').map((vendor) => vendor.trim());
      return vendors.length <= 100 &&
        vendors.every((vendor) => vendor !== '' && vendor.length <= 255 && !/^#|#$/.test(vendor))
        ? vendors
        : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  API_HOST: text('Address that the GraphQL endpoint listens on.', '0.0.0.0', 'an IP address or host name', host),
  API_PORT: whole('Port of the GraphQL endpoint; 0 takes a free one.', 4000, 0, 65_535),
  API_BODY_BYTES_MAX: whole('Largest GraphQL request, in bytes.', 1_048_576, 1024, 16_777_216),
  API_OPERATION_TIMEOUT_SECONDS: whole(
    'How long a query may take. A command waits as long as its `wait` says, at most 60 s.',
    10,
    1,
    120,
  ),
  API_JWT_KEY_SET: optional(
    'Key set (JWKS) of the issuer whose JSON Web Tokens the API takes beside API keys.',
    'an https:// or http:// URL, or the path of a file',
    /^[^\0\s]{1,2048}$/,
  ),
  API_JWT_ISSUER: optional(
    'Issuer (iss) that tokens must name; needed with API_JWT_KEY_SET.',
    'a text',
    /^\S{1,1024}$/,
  ),
  API_JWT_AUDIENCE: optional(
    'Audience (aud) that tokens must name; needed with API_JWT_KEY_SET.',
    'a text',
    /^\S{1,1024}$/,
  ),
  API_JWT_TENANT_CLAIM: text('Claim of a token that names the tenant.', 'tenant', 'a claim name', /^\S{1,200}$/),
  API_JWT_SCOPE_CLAIM: text('Claim of a token that holds its scopes.', 'scope', 'a claim name', /^\S{1,200}$/),
  API_ALLOWED_ORIGINS: {
    about: 'Origins of web pages that may use the API from a browser (CORS, and WebSocket). The explorer always may.',
    allowed: 'origins such as https://console.example, separated by commas, at most 100',
    fallback: [],
    shown: 'none',
    parse: (value) => {
      const origins = value.split(',').map((origin) => origin.trim());
      return origins.length <= 100 && origins.every(isOrigin) ? origins : undefined;
    },
  } satisfies Setting<readonly string[]> as Setting<readonly string[]>,
  API_SUBSCRIPTIONS_MAX: whole('Open subscriptions of the whole process.', 10_000, 1, 1_000_000),
} as const;

type Settings = typeof settings;

/** The checked settings, by the name of their variable. */
export type Config = { readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer T> ? T : never };

/** Variables that start so must be ours: a typing mistake must not be taken for a default. */
const ownPrefixes = ['HUB_', 'OCPP_', 'API_'];
/** What container platforms set for a service that happens to be named like one of our prefixes. */
const serviceLink = /_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)/;

const isSetting = (name: string): name is keyof Settings => Object.hasOwn(settings, name);

/** Reads the settings from an environment. Throws a `ConfigError` for the first value that cannot be used. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  for (const [name, value] of Object.entries(environment)) {
    if (isSetting(name) || value === undefined || !ownPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (serviceLink.test(name) || value.startsWith('tcp://')) continue;
    throw new ConfigError(`${name} is not a setting of the hub${suggestion(name)}; see --help for all of them`);
  }
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    const given = environment[name];
    if (given === undefined || given === '') return [name, setting.fallback];
    const value = setting.parse(given);
    if (value === undefined) {
      const shown = setting.secret ? 'its value' : JSON.stringify(given.slice(0, 80));
      throw new ConfigError(`${name}: ${shown} is not allowed; allowed: ${setting.allowed}`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries) as Config; // each entry came out of the parser of its own setting
}

/** The environment with the values of an `.env` file below it: what the process was given wins. Every name in the file must be a setting. */
export function withEnvFile(
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
): Readonly<Record<string, string | undefined>> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return environment;
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const file = parseEnv(content);
  for (const name of Object.keys(file)) {
    if (!isSetting(name)) {
      throw new ConfigError(
        `${name} in ${path} is not a setting of the hub${suggestion(name)}; see --help for all of them`,
      );
    }
  }
  return { ...file, ...environment };
}

/** The table of all settings, as `--help` prints it. */
export function describeSettings(): string {
  return Object.entries<Setting<unknown>>(settings)
    .map(([name, setting]) => {
      const fallback = setting.shown ?? String(setting.fallback);
      return `  ${name}\n      ${setting.about}\n      Allowed: ${setting.allowed}. Default: ${fallback}.`;
    })
    .join('\n');
}

function suggestion(name: string): string {
  const words = new Set(name.split('_'));
  const scored = Object.keys(settings)
    .map((candidate) => ({ candidate, shared: candidate.split('_').filter((word) => words.has(word)).length }))
    .sort((a, b) => b.shared - a.shared);
  const best = scored[0];
  return best !== undefined && best.shared >= 2 ? ` (did you mean ${best.candidate}?)` : '';
}
