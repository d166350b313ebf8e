import { parseArgs } from 'node:util';

/** What one run of the simulator does. */
export interface SimulatorOptions {
  readonly url: string;
  /** One per charge point. */
  readonly identities: readonly string[];
  readonly password: string | undefined;
  readonly idTag: string;
  readonly speed: number;
  readonly connectors: number;
  /** Sessions that the drivers of one connector begin; `Infinity`: until stopped. */
  readonly sessions: number;
  readonly energyWh: number;
  readonly powerW: number;
  readonly quiet: boolean;
}

/** What the command line asks for; `wrong` carries one line for the user. */
export type Flags =
  | { readonly kind: 'run'; readonly options: SimulatorOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** The page behind `--help`. */
export const simulatorHelp = `Usage: ocpp-hub simulate [options]

Connects simulated OCPP 1.6 charge points to a hub. They boot, charge cars and obey the hub's commands.

  --url URL          hub endpoint, without the identity      (ws://localhost:9000/ocpp)
  --count N          charge points, 1 to 10000               (1)
  --identity NAME    identity; with --count above 1 a prefix (SIM-1; NAME-1, NAME-2 … from SIM)
  --password TEXT    Basic password of all of them           (none)
  --id-tag TAG       tag that the drivers present            (DEMO)
  --connectors N     connectors of each, 1 to 16             (1)
  --sessions N       sessions on each connector, or forever; 0 waits for the hub's commands (forever)
  --energy-kwh N     what each driver wants, 0.1 to 1000     (10)
  --power-kw N       charging power, 1 to 1000               (11)
  --speed N          time factor for cars and drivers, 0.1 to 3600; 60: a minute passes per second (1)
  --quiet            print the summary and failures only
  --help             print this page

Timestamps are always true. With --speed 60 a charge of an hour takes one minute, so the power, the current and the energy per minute
are 60 times those of a real car, and kilowatt-hours, kilowatts and durations fit together. Heartbeats, retries and reconnects keep real time.
Ctrl-C ends the running sessions, closes the connections and prints a summary.`;

const flagTypes = {
  url: { type: 'string', default: 'ws://localhost:9000/ocpp' },
  count: { type: 'string', default: '1' },
  identity: { type: 'string' },
  password: { type: 'string' },
  'id-tag': { type: 'string', default: 'DEMO' },
  connectors: { type: 'string', default: '1' },
  sessions: { type: 'string', default: 'forever' },
  'energy-kwh': { type: 'string', default: '10' },
  'power-kw': { type: 'string', default: '11' },
  speed: { type: 'string', default: '1' },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the arguments after `simulate`. Never throws. */
export function readFlags(argv: readonly string[]): Flags {
  try {
    const { values } = parseArgs({ args: [...argv], options: flagTypes, strict: true, allowPositionals: false });
    if (values.help) return { kind: 'help' };
    const count = whole('count', values.count, 1, 10_000);
    return {
      kind: 'run',
      options: {
        url: endpoint(values.url),
        identities: identities(values.identity, count),
        password: values.password === undefined ? undefined : text('password', values.password, 1, 128),
        idTag: text('id-tag', values['id-tag'], 1, 20),
        connectors: whole('connectors', values.connectors, 1, 16),
        sessions: values.sessions === 'forever' ? Number.POSITIVE_INFINITY : sessionCount(values.sessions),
        energyWh: decimal('energy-kwh', values['energy-kwh'], 0.1, 1_000) * 1_000,
        powerW: decimal('power-kw', values['power-kw'], 1, 1_000) * 1_000,
        speed: decimal('speed', values.speed, 0.1, 3_600),
        quiet: values.quiet,
      },
    };
  } catch (error) {
    return { kind: 'wrong', message: explain(error, argv) };
  }
}

/** A wrong flag, with the line that the user gets. */
class FlagError extends Error {}

function wrong(flag: string, value: string, allowed: string): FlagError {
  return new FlagError(`--${flag}: ${JSON.stringify(value)} is not allowed; give ${allowed}`);
}

function decimal(flag: string, value: string, min: number, max: number): number {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw wrong(flag, value, `a number from ${min} to ${max}`);
  return number;
}

function whole(flag: string, value: string, min: number, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw wrong(flag, value, `a whole number from ${min} to ${max}`);
  return number;
}

function sessionCount(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw wrong('sessions', value, 'a whole number from 0 to 999999, or forever');
  return Number(value);
}

function text(flag: string, value: string, min: number, max: number): string {
  // a password is secret, so the line does not repeat it
  const shown = flag === 'password' ? '…' : value;
  if (value.length < min || value.length > max) throw wrong(flag, shown, `${min} to ${max} characters`);
  return value;
}

function endpoint(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const usable = url !== undefined && (url.protocol === 'ws:' || url.protocol === 'wss:') && url.hash === '';
  if (!usable || url.search !== '') throw wrong('url', value, 'an address like ws://localhost:9000/ocpp or wss://…');
  return url.href.replace(/\/+$/, '');
}

function identities(given: string | undefined, count: number): string[] {
  if (count === 1) return [text('identity', given ?? 'SIM-1', 1, 48)];
  const prefix = text('identity', given ?? 'SIM', 1, 48 - 1 - String(count).length);
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

/** One line for a mistake that `parseArgs` or we found. */
function explain(error: unknown, argv: readonly string[]): string {
  if (error instanceof FlagError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const allowed = Object.keys(flagTypes)
    .map((name) => `--${name}`)
    .join(' ');
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const known = argv.find((_, at) => !(argv[at] ?? '').startsWith('-') && !(argv[at - 1] ?? '').startsWith('--'));
    return `${JSON.stringify(known ?? '')}: not expected here; give ${allowed}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  const flag = /--[\w-]+/.exec(message)?.[0] ?? 'an option';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `${flag}: not an option of simulate; give ${allowed}`;
  const isSwitch = flag === '--quiet' || flag === '--help';
  return isSwitch ? `${flag}: takes no value` : `${flag}: needs a value that does not begin with a dash; see --help`;
}
