import { setImmediate as settled } from 'node:timers/promises';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import { type Adapter, adapter, receives, sends } from '../../src/gateway/adapter.ts';
import { createDispatch } from '../../src/gateway/dispatch.ts';
import { createCommands } from '../../src/gateway/perform.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { isRepairName } from '../../src/ocpp/repair-table.ts';
import * as v16 from '../../src/ocpp/v16/index.ts';
import { createSession } from '../../src/rpc/session.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { answerable, type Step } from './frames.ts';

const currentTime = '2026-06-01T12:00:00.000Z';
const idTagInfo = { status: 'Accepted' as const };
const timeoutMs = 1_000;
const callQueueMax = 8;

/** Capabilities that read every timestamp and say yes; every few starts the database is away. */
function stubs(): Adapter {
  let starts = 0;
  return adapter(['1.6'], {
    receives: [
      receives(v16.Authorize, async () => ({ idTagInfo })),
      receives(v16.BootNotification, async () => ({ status: 'Accepted', currentTime, interval: 60 })),
      receives(v16.DataTransfer, async ({ data = '' }) => ({ status: 'Accepted', data })),
      receives(v16.DiagnosticsStatusNotification, async () => ({})),
      receives(v16.FirmwareStatusNotification, async () => ({})),
      receives(v16.Heartbeat, async () => ({ currentTime })),
      receives(v16.MeterValues, async ({ meterValue }, { readTime }) => {
        for (const { timestamp, sampledValue } of meterValue) {
          readTime(timestamp);
          for (const { value } of sampledValue) value.trim();
        }
        return {};
      }),
      receives(v16.StartTransaction, async ({ timestamp, idTag }, { readTime }) => {
        readTime(timestamp).at.toISOString();
        if (++starts % 7 === 0) throw new Error(`the database is away for ${idTag.length}`);
        return { transactionId: starts, idTagInfo };
      }),
      receives(v16.StatusNotification, async ({ timestamp, status }, { readTime }) => {
        readTime(timestamp).at.toISOString();
        status.trim();
        return {};
      }),
      receives(v16.StopTransaction, async ({ timestamp, transactionData = [] }, { readTime }) => {
        for (const each of [timestamp, ...transactionData.map((one) => one.timestamp)]) readTime(each);
        return {};
      }),
    ],
    sends: [
      sends({ name: 'reset' }, v16.Reset, { toRequest: () => ({ type: 'Soft' }), toOutcome: ({ status }) => status }),
    ],
  });
}

/**
 * Plays a conversation with a charge point through session, dispatch and commands, and gives everything that went
 * against the rules: a throw, an answer too few, too many or out of order, a call of the hub that never ends, an unnamed
 * repair, and a good frame that is not served afterwards.
 */
export async function converse(steps: readonly Step[], isStrict: boolean): Promise<string[]> {
  const clock = createManualClock(currentTime);
  const log = createLogger('silent');
  const adapters = [stubs()];
  const faults: string[] = [];
  const answers: unknown[] = [];
  const asked: string[] = [];
  const bus = createInProcessBus({ clock });
  const dispatch = createDispatch({
    adapters,
    messages: { '1.6': v16.messages16 },
    registry: { registration: async () => 'ACCEPTED' },
    bus,
    clock,
    answerTimeoutMs: 60_000,
  });
  const chargePoint = {
    tenantId: 't',
    id: 'cp',
    identity: 'CP',
    hasPassword: false,
    registration: 'ACCEPTED' as const,
    isStrict,
    tolerance: { timeZone: '+02:00', zeroConnectorIsOne: true },
  };
  let ids = 0;
  let isPaused = false;
  const session = createSession({
    send(text) {
      const [kind, id] = JSON.parse(text) as readonly unknown[];
      if (kind === 2) asked.push(String(id));
      else answers.push(id);
    },
    clock,
    newMessageId: () => `hub-${++ids}`,
    answer: dispatch.forLink({
      chargePoint,
      version: '1.6',
      epoch: 1,
      log,
      onNote: ({ repairs }) => {
        for (const name of repairs) if (!isRepairName(name)) faults.push(`the repair ${name} has no entry`);
      },
    }),
    answersPendingMax: 64,
    callQueueMax,
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    log,
  });
  const commands = createCommands(adapters).forLink({ version: '1.6', session, isStrict, log });
  const expected: (string | number)[] = [];
  let open = 0;

  const say = (text: string): void => {
    const id = answerable(text);
    if (id !== undefined) expected.push(id);
    try {
      session.receive(text);
    } catch (error) {
      faults.push(`receive threw ${String(error)} on ${text.slice(0, 200)}`);
    }
  };

  for (const step of steps) {
    if (step.kind === 'frame') say(step.text);
    else if (step.kind === 'answer') {
      const id = asked.at(-1) ?? 'nobody';
      say(JSON.stringify(step.isError ? [4, id, step.payload, step.payload, step.payload] : [3, id, step.payload]));
    } else {
      open++;
      commands.perform('reset', {}, { timeoutMs }).then(
        () => open--,
        (error: unknown) => faults.push(`perform rejected: ${String(error)}`),
      );
      await settled();
    }
  }
  say('[2,"the good one","Heartbeat",{}]');
  await session.drained();
  for (let round = 0; round <= callQueueMax + 1 && open > 0; round++) {
    clock.advance(timeoutMs);
    await settled();
  }
  if (open > 0) faults.push(`${open} calls of the hub never ended`);
  if (isPaused) faults.push('reading stays paused');
  if (session.queuedCalls() > 0) faults.push('calls of the hub are left over');
  if (JSON.stringify(answers) !== JSON.stringify(expected)) {
    faults.push(`${answers.length} answers instead of ${expected.length}, or another order`);
  }
  session.close();
  await bus.close();
  return faults;
}
