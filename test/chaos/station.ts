import { WebSocket } from 'ws';

/** What the hub confirmed to one charge point. */
export interface Confirmed {
  /** Timestamp of the start → transaction id. */
  readonly starts: Map<string, number>;
  /** Timestamps of samples. */
  readonly samples: string[];
  /** Transaction id → meterStop. */
  readonly stops: Map<number, number>;
  /** Texts of status reports. */
  readonly statuses: string[];
}

const answerTimeoutMs = 20_000;

/**
 * A charge point that behaves like a real one: transaction messages are sent in order and repeated, with a new message
 * id and over a new connection if need be, until they are confirmed. It shares no code with the hub.
 */
export function createStation({ url, identity, idTag }: { url: string; identity: string; idTag: string }) {
  const confirmed: Confirmed = { starts: new Map(), samples: [], stops: new Map(), statuses: [] };
  const contradictions: string[] = [];
  let socket: WebSocket | undefined;
  let messageId = 0;
  let repeats = 0;
  let clockMs = Date.now();
  let isEnding = false;
  const open = new Map<string, (frame: unknown[] | undefined) => void>();
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Each call a later instant, so that every message has a time of its own. */
  const nextTime = () => {
    clockMs = Math.max(clockMs + 1, Date.now());
    return new Date(clockMs).toISOString();
  };

  async function connected(): Promise<WebSocket> {
    for (;;) {
      if (socket?.readyState === WebSocket.OPEN) return socket;
      const candidate = new WebSocket(`${url}/${identity}`, 'ocpp1.6', { perMessageDeflate: false });
      const isOpen = await new Promise<boolean>((resolve) => {
        candidate.once('open', () => resolve(true));
        candidate.once('error', () => resolve(false));
      });
      if (!isOpen) {
        await pause(100 + Math.random() * 200);
        continue;
      }
      candidate.on('error', () => undefined);
      candidate.on('message', (data) => {
        const frame: unknown[] = JSON.parse(String(data));
        open.get(String(frame[1]))?.(frame);
      });
      candidate.on('close', () => {
        for (const answer of open.values()) answer(undefined);
      });
      socket = candidate;
      await attempt('BootNotification', { chargePointVendor: 'Chaos', chargePointModel: 'One' });
    }
  }

  /** One try: the answer's payload, or undefined when there was none or a CALLERROR. */
  async function attempt(action: string, payload: object): Promise<Record<string, unknown> | undefined> {
    if (socket?.readyState !== WebSocket.OPEN) return undefined;
    const id = `${identity}-${++messageId}`;
    const frame = await new Promise<unknown[] | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), answerTimeoutMs);
      open.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      socket?.send(JSON.stringify([2, id, action, payload]), (error) => {
        if (error) open.get(id)?.(undefined);
      });
    });
    open.delete(id);
    return frame?.[0] === 3 ? (frame[2] as Record<string, unknown>) : undefined;
  }

  /** Until it is confirmed. RETRY-1. */
  async function deliver(action: string, payload: object): Promise<Record<string, unknown>> {
    for (;;) {
      await connected();
      const answer = await attempt(action, payload);
      if (answer !== undefined) return answer;
      repeats += 1;
      await pause(50);
    }
  }

  async function report(status: string): Promise<void> {
    await connected();
    const info = `${identity} ${++messageId}`;
    const payload = { connectorId: 1, errorCode: 'NoError', status, info, timestamp: nextTime() };
    if ((await attempt('StatusNotification', payload)) !== undefined) confirmed.statuses.push(info);
  }

  async function charge(meterStart: number): Promise<number> {
    await report('Charging');
    const timestamp = nextTime();
    const start = { connectorId: 1, idTag, meterStart, timestamp };
    const { transactionId } = (await deliver('StartTransaction', start)) as { transactionId: number };
    const known = confirmed.starts.get(timestamp);
    if (known !== undefined && known !== transactionId) contradictions.push(`two ids for ${identity} ${timestamp}`);
    confirmed.starts.set(timestamp, transactionId);
    let meter = meterStart;
    for (let count = 0; count < 8 && !isEnding; count += 1) {
      meter += 10;
      const at = nextTime();
      const sampledValue = [{ value: String(meter), measurand: 'Energy.Active.Import.Register', unit: 'Wh' }];
      await deliver('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: at, sampledValue }] });
      confirmed.samples.push(at);
      await pause(5);
    }
    await deliver('StopTransaction', { transactionId, meterStop: meter, timestamp: nextTime(), reason: 'Local' });
    confirmed.stops.set(transactionId, meter);
    await report('Available');
    return meter;
  }

  const running = (async () => {
    let meter = 0;
    while (!isEnding) meter = await charge(meter);
  })();

  return {
    identity,
    confirmed,
    contradictions,
    repeats: () => repeats,
    /** Ends the charge under way, delivers everything, disconnects. */
    async end(): Promise<void> {
      isEnding = true;
      await running;
      socket?.close();
    },
  };
}

/** A charge point under load. */
export type Station = ReturnType<typeof createStation>;
