/** A swarm of charge points in a process of its own, driven by its parent over IPC. It shares no code with the hub. */
import { build } from 'hdr-histogram-js';
import { WebSocket } from 'ws';
import { type Kind, nextMessage, type StationState } from './frames.ts';

/** What the parent may ask. */
export type SwarmRequest =
  | {
      readonly do: 'connect';
      readonly url: string;
      readonly count: number;
      readonly prefix: string;
      readonly idTag: string;
    }
  | { readonly do: 'saturate'; readonly kind: Kind; readonly seconds: number }
  | { readonly do: 'pace'; readonly kind: Kind; readonly seconds: number; readonly perSecond: number }
  | { readonly do: 'disconnect' };

/** Times in milliseconds; rates per second. */
export interface Figures {
  readonly messages: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Station extends StationState {
  readonly socket: WebSocket;
  readonly open: Map<string, (frame: unknown[]) => void>;
  /** Messages whose time has come while an earlier one is unanswered: one CALL at a time. */
  readonly due: { kind: Kind; dueAt: number }[];
}

let stations: Station[] = [];
let messageId = 0;
let errors = 0;
const now = () => performance.now();

function call(station: Station, action: string, payload: object): Promise<unknown[]> {
  const id = String(++messageId);
  return new Promise((resolve) => {
    station.open.set(id, resolve);
    station.socket.send(JSON.stringify([2, id, action, payload]));
  });
}

async function connectOne(url: string, identity: string, idTag: string): Promise<Station> {
  const socket = new WebSocket(`${url}/${identity}`, 'ocpp1.6', { perMessageDeflate: false });
  const station: Station = {
    socket,
    open: new Map(),
    due: [],
    idTag,
    count: 0,
    meterWh: 0,
    transactionId: undefined,
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('message', (data) => {
    const frame: unknown[] = JSON.parse(String(data));
    const resolve = station.open.get(String(frame[1]));
    station.open.delete(String(frame[1]));
    if (frame[0] === 4) errors += 1;
    resolve?.(frame);
  });
  await call(station, 'BootNotification', { chargePointVendor: 'Bench', chargePointModel: 'Swarm' });
  return station;
}

/** Sends one message of the kind and gives the time from `dueAt` to the answer, in milliseconds. */
async function send(station: Station, kind: Kind, dueAt: number): Promise<number> {
  const { action, payload } = nextMessage(kind, station);
  const frame = await call(station, action, payload);
  const tookMs = now() - dueAt;
  if (action === 'StartTransaction') {
    station.transactionId = (frame[2] as { transactionId?: number }).transactionId;
    const stop = nextMessage(kind, station);
    await call(station, stop.action, stop.payload);
    station.transactionId = undefined;
  }
  return tookMs;
}

function figures(histogram: ReturnType<typeof build>, elapsedMs: number): Figures {
  const ms = (microseconds: number) => microseconds / 1000;
  return {
    messages: histogram.totalCount,
    errors,
    perSecond: (histogram.totalCount * 1000) / elapsedMs,
    p50: ms(histogram.getValueAtPercentile(50)),
    p99: ms(histogram.getValueAtPercentile(99)),
    max: ms(histogram.maxValue),
  };
}

const newHistogram = () => build({ highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 });

/** Closed loop: every charge point sends its next message when the one before is answered. Finds the ceiling. */
async function saturate(kind: Kind, seconds: number): Promise<Figures> {
  const histogram = newHistogram();
  const begin = now();
  const end = begin + seconds * 1000;
  await Promise.all(
    stations.map(async (station) => {
      while (now() < end) histogram.recordValue(Math.round((await send(station, kind, now())) * 1000));
    }),
  );
  return figures(histogram, now() - begin);
}

/** Open loop: messages fall due at a fixed rate whatever the answers do; the time counts from when they were due. */
async function pace(kind: Kind, seconds: number, perSecond: number): Promise<Figures> {
  const histogram = newHistogram();
  const begin = now();
  const total = Math.floor(seconds * perSecond);
  let scheduled = 0;
  let done = 0;
  const drain = async (station: Station) => {
    for (let next = station.due[0]; next !== undefined; next = station.due[0]) {
      histogram.recordValue(Math.round((await send(station, next.kind, next.dueAt)) * 1000));
      station.due.shift();
      done += 1;
    }
  };
  while (done < total) {
    const dueNow = Math.min(total, Math.floor(((now() - begin) * perSecond) / 1000));
    for (; scheduled < dueNow; scheduled += 1) {
      const station = stations[scheduled % stations.length];
      if (station === undefined) throw new Error('nobody is connected');
      station.due.push({ kind, dueAt: begin + (scheduled * 1000) / perSecond });
      if (station.due.length === 1) drain(station).catch(fail);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (now() - begin > seconds * 1000 + 60_000) throw new Error('the swarm did not get its answers');
  }
  return figures(histogram, now() - begin);
}

async function connect({ url, count, prefix, idTag }: Extract<SwarmRequest, { do: 'connect' }>): Promise<number> {
  const begin = now();
  for (let first = 0; first < count; first += 100) {
    const batch = Array.from({ length: Math.min(100, count - first) }, (_, index) =>
      connectOne(url, `${prefix}-${first + index}`, idTag),
    );
    stations.push(...(await Promise.all(batch)));
  }
  return now() - begin;
}

function answer(request: SwarmRequest): Promise<unknown> {
  errors = 0;
  switch (request.do) {
    case 'connect':
      return connect(request);
    case 'saturate':
      return saturate(request.kind, request.seconds);
    case 'pace':
      return pace(request.kind, request.seconds, request.perSecond);
    case 'disconnect': {
      const closed = stations.map(
        ({ socket }) =>
          new Promise((resolve) => {
            socket.once('close', resolve);
            socket.close();
          }),
      );
      stations = [];
      return Promise.all(closed).then(() => undefined);
    }
  }
}

function fail(error: unknown): void {
  process.send?.({ error: String(error) });
}

process.on('message', (request: SwarmRequest) => {
  answer(request).then((result) => process.send?.({ result }), fail);
});
process.on('disconnect', () => process.exit(0));
