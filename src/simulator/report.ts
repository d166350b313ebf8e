import type { SimulatorEvent } from './event.ts';
import type { ConnectFailure } from './link.ts';

/** Puts the events of a run into words and adds them up. */
export interface Report {
  hear(identity: string, event: SimulatorEvent): void;
  /** Transaction messages that the hub will never get. */
  lostMessages(): number;
  /** The last line of a run. */
  summary(): string;
}

export interface ReportOptions {
  readonly chargePoints: number;
  readonly print: (line: string) => void;
  readonly now: () => Date;
  /** Failures only. */
  readonly quiet: boolean;
  /** Lines go to a terminal. */
  readonly coloured: boolean;
  /** The run is over: connections end because we end them. */
  readonly isStopping: () => boolean;
}

type Tone = 'good' | 'plain' | 'bad';
const colours: Record<Tone, string> = { good: '\u001b[32m', plain: '', bad: '\u001b[31m' };

export function createReport(options: ReportOptions): Report {
  const totals = { sessions: 0, energyWh: 0, refused: 0, connectionsLost: 0, callsFailed: 0, lost: 0 };
  const lastProblem = new Map<string, string>(); // identity → why it could not connect, so that it is told once

  const count = (event: SimulatorEvent): void => {
    if (event.kind === 'stopped') {
      totals.sessions += 1;
      totals.energyWh += event.energyWh;
    } else if (event.kind === 'refused') totals.refused += 1;
    else if (event.kind === 'disconnected' && !options.isStopping()) totals.connectionsLost += 1;
    else if (event.kind === 'callFailed') totals.callsFailed += 1;
    else if (event.kind === 'gaveUp') totals.lost += 1;
    else if (event.kind === 'undelivered') totals.lost += event.messages;
  };

  /** Whether this is the same failure to connect as the one before. */
  const isRepeated = (identity: string, event: SimulatorEvent): boolean => {
    if (event.kind === 'connected') lastProblem.delete(identity);
    if (event.kind !== 'connectFailed') return false;
    const before = lastProblem.get(identity);
    lastProblem.set(identity, event.failure.detail);
    return before === event.failure.detail;
  };

  return {
    hear(identity, event) {
      count(event);
      if (isRepeated(identity, event)) return;
      if (event.kind === 'disconnected' && options.isStopping()) return;
      const { tone, text } = words(event);
      if (options.quiet && tone !== 'bad') return;
      const time = options.now().toISOString().slice(11, 19);
      const painted = options.coloured && tone !== 'plain' ? `${colours[tone]}${text}\u001b[0m` : text;
      options.print(`${time}  ${identity.padEnd(8)}  ${painted}`);
    },
    lostMessages: () => totals.lost,
    summary() {
      const { sessions, energyWh, refused, connectionsLost, callsFailed, lost } = totals;
      const parts = [
        counted(sessions, 'session'),
        kwh(energyWh),
        refused > 0 ? `${refused} refused` : '',
        connectionsLost > 0 ? `${counted(connectionsLost, 'connection')} lost` : '',
        callsFailed > 0 ? `${counted(callsFailed, 'message')} unanswered or answered with an error` : '',
        lost > 0 ? `${counted(lost, 'transaction message')} never taken by the hub` : '',
      ];
      return `${counted(options.chargePoints, 'charge point')}: ${parts.filter(Boolean).join(', ')}`;
    },
  };
}

/** One line that says why a run cannot begin, and what to do. */
export function cannotConnect(failure: ConnectFailure, url: string, identity: string): string {
  switch (failure.kind) {
    case 'unreachable':
      return `no hub at ${url} (${failure.detail}); start it with: npm start`;
    case 'unauthorized':
      return `the hub refused the password of ${identity}, or the lack of one; give the right one with --password`;
    case 'unknownIdentity':
      return (
        `the hub does not know the charge point ${identity}; create it with the GraphQL mutation createChargePoint, ` +
        'or start the hub with OCPP_AUTO_REGISTER=on'
      );
    case 'refused':
      return `${identity} cannot connect to ${url}: ${failure.detail}`;
  }
}

function words(event: SimulatorEvent): { tone: Tone; text: string } {
  switch (event.kind) {
    case 'connected':
      return { tone: 'plain', text: 'connected' };
    case 'connectFailed':
      return { tone: 'bad', text: `cannot connect: ${event.failure.detail}; trying again` };
    case 'disconnected':
      return { tone: 'bad', text: `connection lost (${`${event.code} ${event.reason}`.trim()})` };
    case 'booted':
      return {
        tone: event.status === 'Accepted' ? 'good' : 'bad',
        text: `boot ${event.status}, interval ${event.intervalSeconds} s`,
      };
    case 'refused':
      return { tone: 'bad', text: `connector ${event.connectorId}: tag ${event.idTag} refused (${event.status})` };
    case 'charging':
      return { tone: 'good', text: `connector ${event.connectorId}: charging${inTransaction(event.transactionId)}` };
    case 'stopped': {
      const took = `${kwh(event.energyWh)} in ${duration(event.durationMs)} (${event.reason})`;
      return {
        tone: 'good',
        text: `connector ${event.connectorId}: stopped${inTransaction(event.transactionId)}, ${took}`,
      };
    }
    case 'commanded':
      return { tone: 'plain', text: `hub asks ${event.action}: ${event.answer}` };
    case 'callFailed':
      return { tone: 'bad', text: `${event.action} failed: ${event.problem}` };
    case 'gaveUp':
      return { tone: 'bad', text: `${event.action} given up after its last attempt` };
    case 'undelivered':
      return { tone: 'bad', text: `stopped before the hub took ${counted(event.messages, 'transaction message')}` };
  }
}

const inTransaction = (id: number | undefined) => (id === undefined ? '' : `, transaction ${id}`);
const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
const kwh = (wh: number) => `${(wh / 1_000).toFixed(2)} kWh`;

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
