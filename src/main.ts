#!/usr/bin/env node
import { runCommand } from './command-line.ts';

// The timers of the hub's clock keep no process alive; while a command waits for one, this does.
const alive = setInterval(() => undefined, 60_000);
process.exitCode = await runCommand(process.argv.slice(2), process.env);
clearInterval(alive);
