import type { Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';

/** Tells the hub the state of the charge point (connector 0) and of its connectors. OCPP 1.6 §4.9. */
export interface StatusReports {
  /** A state has changed; told at once when the hub can be talked to. */
  set(connectorId: number, status: string): void;
  /** Tells every state that the hub has not heard of. */
  catchUp(): void;
  /** The hub is to be told everything again. */
  forget(): void;
  /** Tells one state as it is. */
  send(connectorId: number): void;
  /** Resolves when the hub has answered what was being told, or the link was lost. */
  settled(): Promise<void>;
}

interface State {
  readonly status: string;
  readonly since: Date;
}

export function createStatusReports(options: {
  readonly clock: Clock;
  readonly isOnline: () => boolean;
  readonly call: (action: string, payload: unknown) => Promise<CallReply>;
  readonly onFailed: (action: string, reply: CallReply) => void;
}): StatusReports {
  const { clock, isOnline, call, onFailed } = options;
  const states = new Map<number, State>();
  const told = new Map<number, State>();
  const underWay = new Set<Promise<void>>();

  const tell = async (connectorId: number, state: State): Promise<void> => {
    told.set(connectorId, state);
    const { status, since } = state;
    const request = { connectorId, errorCode: 'NoError', status, timestamp: since.toISOString() };
    const reply = await call('StatusNotification', request);
    if (reply.kind === 'result') return;
    if (reply.kind !== 'lost') onFailed('StatusNotification', reply);
    else if (told.get(connectorId) === state) told.delete(connectorId); // told again with the next link
  };
  const send = (connectorId: number): void => {
    const state = states.get(connectorId);
    if (state === undefined) return;
    const telling = tell(connectorId, state).finally(() => underWay.delete(telling)); // never rejects
    underWay.add(telling);
  };

  return {
    set(connectorId, status) {
      if (states.get(connectorId)?.status === status) return;
      states.set(connectorId, { status, since: clock.now() });
      if (isOnline()) send(connectorId);
    },
    catchUp() {
      for (const [connectorId, state] of states) if (told.get(connectorId) !== state) send(connectorId);
    },
    forget: () => told.clear(),
    send,
    async settled() {
      await Promise.all(underWay);
    },
  };
}
