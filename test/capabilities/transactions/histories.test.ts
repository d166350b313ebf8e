import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChargingHub, createChargingHub, type Process, say } from './fixture.ts';

let hub: ChargingHub;
beforeAll(async () => {
  hub = await createChargingHub();
  await hub.authorization.operations.create('default', { value: 'GOOD' });
});
afterAll(() => hub.hub.close());

const beginMs = Date.UTC(2026, 5, 1, 10);
const textAt = (seconds: number) => new Date(beginMs + seconds * 1000).toISOString();

/** What a charge point wants to tell of one charge: meter values on the way, and perhaps a stop. */
const charge = fc.record({
  meterStart: fc.integer({ min: 0, max: 1_000_000 }),
  steps: fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 5 }),
  stops: fc.boolean(),
  withTransactionId: fc.boolean(),
});

/** How badly the messages travel: how often each is sent at once, through which processes, and what comes again later. */
const journey = fc.record({
  copies: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 7, maxLength: 7 }),
  processes: fc.array(fc.nat({ max: 1 }), { minLength: 21, maxLength: 21 }),
  again: fc.array(fc.nat({ max: 20 }), { maxLength: 6 }),
});

test('whatever is repeated, raced or told again later, a charge is one transaction with the same energy (STA-4, STO-5, RETRY-1, RETRY-2)', async () => {
  const processes: readonly Process[] = [hub.newProcess(), hub.newProcess()];
  await fc.assert(
    fc.asyncProperty(
      charge,
      journey,
      async ({ meterStart, steps, stops, withTransactionId }, { copies, processes: way, again }) => {
        const chargePoint = await hub.station();
        let sent = 0;
        const send = (action: string, request: object) => {
          const process = processes[way[sent++ % way.length] ?? 0];
          if (process === undefined) throw new Error('no process');
          return say(process, chargePoint, action, request, new Date(beginMs + 3_600_000));
        };
        const told: { action: string; request: object }[] = [];
        const tell = async (action: string, request: object) => {
          const times = copies[told.length % copies.length] ?? 1;
          told.push({ action, request });
          return await Promise.all(Array.from({ length: times }, () => send(action, request)));
        };

        const starts = await tell('StartTransaction', {
          connectorId: 1,
          idTag: 'GOOD',
          meterStart,
          timestamp: textAt(0),
        });
        const [answer] = starts as { transactionId: number; idTagInfo: { status: string } }[];
        expect(new Set(starts.map((one) => JSON.stringify(one))).size).toBe(1);
        let register = meterStart;
        for (const [index, step] of steps.entries()) {
          register += step;
          await tell('MeterValues', {
            connectorId: 1,
            ...(withTransactionId && { transactionId: answer?.transactionId }),
            meterValue: [{ timestamp: textAt(60 * (index + 1)), sampledValue: [{ value: String(register) }] }],
          });
        }
        if (stops) {
          await tell('StopTransaction', {
            transactionId: answer?.transactionId,
            meterStop: register,
            timestamp: textAt(60 * (steps.length + 1)),
          });
        }
        for (const index of again) {
          const message = told[index % told.length];
          if (message !== undefined) await send(message.action, message.request);
        }

        const [transaction, ...others] = await hub.transactionsOf(chargePoint);
        expect(others).toEqual([]);
        expect(transaction).toMatchObject({
          ocppTransactionId: answer?.transactionId,
          state: stops ? 'ENDED' : 'ACTIVE',
          energyWh: register - meterStart,
          complete: stops,
          anomalies: [],
        });
        const values = await hub.valuesOf(chargePoint);
        expect(values).toHaveLength(steps.length);
        expect(values.every(({ transactionId }) => transactionId === transaction?._id)).toBe(true);
        const events = await hub.toldOf(chargePoint);
        expect(events.filter(({ type }) => type === 'TRANSACTION_STARTED')).toHaveLength(1);
        const ends = events.filter(({ type }) => type === 'TRANSACTION_ENDED');
        expect(ends.map(({ data }) => data['energyWh'])).toEqual(stops ? [register - meterStart] : []);
      },
    ),
    { numRuns: 40 },
  );
});

test('two different starts of one connector, in any order and number, leave the newest accepted one running (G7)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }), async (order) => {
      const chargePoint = await hub.station();
      const process = hub.newProcess();
      for (const [index, number] of order.entries()) {
        const request = { connectorId: 1, idTag: 'GOOD', meterStart: 100 * number, timestamp: textAt(600 * number) };
        await say(process, chargePoint, 'StartTransaction', request, new Date(beginMs + 7_200_000 + index));
      }
      const found = await hub.transactionsOf(chargePoint);
      expect(found).toHaveLength(new Set(order).size);
      const newest = found.at(-1);
      expect(newest?.state).toBe('ACTIVE');
      for (const one of found) {
        // ended by a later start that came after it; what came late stays open for its own stop
        const endedBy = found.some((next) => next.replaces.includes(one._id));
        expect(one.state).toBe(endedBy ? 'ENDED_ADMINISTRATIVELY' : 'ACTIVE');
        expect(one.energyWh).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 25 },
  );
});
