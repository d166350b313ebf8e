// A hub reduced to its database, in a process of its own, for tests that end it in every way. Arguments: data folder, cache folder.
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { startEmbedded } from '../../src/store/embedded.ts';

const [dataDir = '', cacheDir = ''] = process.argv.slice(2);
const engine = await startEmbedded({ dataDir, cacheDir, log: createLogger('silent'), clock: systemClock });
process.on('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ pid: engine.pid(), uri: engine.uri })}\n`);
