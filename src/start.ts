import { accessKey } from './capabilities/access/index.ts';
import { authorizationKey } from './capabilities/authorization/index.ts';
import type { Config } from './config.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { type Hub, startHub } from './hub.ts';
import { systemClock } from './kernel/clock.ts';
import { ConflictError } from './kernel/errors.ts';
import { createLogger, type Logger } from './kernel/log.ts';
import { defaultTenantId } from './kernel/principal.ts';

/** How long an orderly stop may take before the process ends all the same; what is confirmed is safe either way. */
const stopWithinMs = 15_000;

/** The token that a hub without settings makes, so that the first simulated charge just works. */
const demoToken = 'DEMO';

/** Runs the hub until it is told to stop. Gives the exit code. */
export async function runStart(config: Config, version: string): Promise<number> {
  const log = createLogger(config.HUB_LOG_LEVEL, config.HUB_LOG_FORMAT);
  const clock = systemClock;
  const database = await openDatabase(config, { clock, log, share: false });
  let hub: Hub;
  let firstKey: string | undefined;
  try {
    hub = await startHub({ config, database, version, clock, log });
    firstKey = await makeFirstThings(hub, config);
  } catch (error) {
    await database.close();
    throw error;
  }
  process.stdout.write(`${welcome({ hub, config, database, version, firstKey })}\n`);
  return untilStopped({ hub, database, log });
}

/** A hub with no API key gets its first one; with nothing configured also a token to charge with. */
async function makeFirstThings(hub: Hub, config: Config): Promise<string | undefined> {
  const firstKey = await hub.use(accessKey).createFirst(defaultTenantId);
  if (firstKey !== undefined && config.MONGODB_URI === undefined) {
    const note = 'made at the first start, for the simulator; delete it before real use';
    await hub
      .use(authorizationKey)
      .create(defaultTenantId, { value: demoToken, note })
      .catch((error: unknown) => (error instanceof ConflictError ? undefined : Promise.reject(error))); // there already
  }
  return firstKey;
}

function untilStopped({ hub, database, log }: { hub: Hub; database: OpenDatabase; log: Logger }): Promise<number> {
  return new Promise((done) => {
    let stopping = false;
    const stop = (reason: string, exitCode: number) => {
      if (stopping) return;
      stopping = true;
      log.info({ reason }, 'stopping');
      const late = setTimeout(() => {
        log.error({ stopWithinMs }, 'the stop took too long');
        process.exit(exitCode || 1);
      }, stopWithinMs);
      hub
        .stop()
        .catch((error: unknown) => log.error({ err: error }, 'part of the hub did not stop cleanly'))
        .then(() => database.close())
        .catch((error: unknown) => log.error({ err: error }, 'the database did not close cleanly'))
        .finally(() => {
          clearTimeout(late);
          log.info('stopped');
          done(exitCode);
        });
    };
    const onSignal = (signal: string) => {
      if (stopping) process.exit(1); // asked twice: at once
      stop(signal, 0);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    process.on('uncaughtException', (error) => {
      log.error({ err: error }, 'unexpected failure; the hub stops, its supervisor should start it again');
      stop('unexpected failure', 1);
    });
    database.embedded?.onGaveUp((error) => {
      process.stderr.write(`${error.message}\n`);
      stop('the embedded database gave up', 1);
    });
  });
}

function welcome({
  hub,
  config,
  database,
  version,
  firstKey,
}: {
  hub: Hub;
  config: Config;
  database: OpenDatabase;
  version: string;
  firstKey: string | undefined;
}): string {
  const isEmbedded = config.MONGODB_URI === undefined;
  const shownHost = (host: string) => (host === '0.0.0.0' || host === '::' ? 'localhost' : host);
  const ocppUrl = `ws://${shownHost(config.OCPP_HOST)}:${hub.ocppPort}/ocpp`;
  const apiUrl = `http://${shownHost(config.API_HOST)}:${hub.apiPort}/graphql`;
  const letsIn = config.OCPP_AUTO_REGISTER === 'on' || (config.OCPP_AUTO_REGISTER === 'auto' && isEmbedded);
  const simulate = `npx ocpp-hub simulate${hub.ocppPort === 9000 ? '' : ` --url ${ocppUrl}`}`;
  const lines = [
    `OCPP hub ${version} is ready`,
    '',
    `  Charge points  ${ocppUrl}/<identity>  (OCPP 1.6J)`,
    `  GraphQL API    ${apiUrl}  (open it in a browser for the explorer)`,
    `  Database       ${database.description}${engineOf(database)}`,
    ...(isEmbedded
      ? [
          '                 One node, an alpha engine under SSPL-1.0: for evaluation and small sites. MONGODB_URI names another.',
        ]
      : []),
    ...(letsIn
      ? ['  Warning        Unknown charge points are let in without a password; OCPP_AUTO_REGISTER=off ends that.']
      : []),
    ...(firstKey === undefined
      ? [`  API key        made before; another one: npx ocpp-hub keys create <name>`]
      : [`  API key        ${firstKey}  (shown this once)`]),
    ...(firstKey !== undefined && isEmbedded ? [`  Token          ${demoToken}  (for the simulator)`] : []),
    '',
    'Next, in another terminal:',
    '',
    `  ${simulate}`,
    '',
  ];
  return lines.join('\n');
}

const engineOf = ({ embedded }: OpenDatabase): string => {
  const pid = embedded?.pid();
  return pid === undefined ? '' : ` (engine process ${pid})`;
};
