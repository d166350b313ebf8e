import { expect, test } from 'vitest';
import type { EventLog, NewEvent } from '../../src/events/event.ts';
import { withReactions } from '../../src/events/reactions.ts';

const event = (type: string): NewEvent => ({
  tenantId: 'default',
  type,
  key: ['one'],
  occurredAt: new Date(0),
  receivedAt: new Date(0),
  data: {},
});

function log() {
  const order: string[] = [];
  const events = withReactions({
    append: async ({ type }: NewEvent) => void order.push(`${type} stored`),
  } as unknown as EventLog); // only `append` is used here
  return { events, order };
}

test('a reaction runs after the event is stored and before it is told as done, each time it is told', async () => {
  const { events, order } = log();
  events.react({ STARTED: async () => void order.push('first') });
  events.react({ STARTED: async () => void order.push('second'), ENDED: async () => void order.push('never') });
  for (const _time of [1, 2]) {
    await events.append(event('STARTED'));
    order.push('done');
  }
  const once = ['STARTED stored', 'first', 'second', 'done'];
  expect(order).toEqual([...once, ...once]);
});

test('a reaction that fails fails what told of it', async () => {
  const { events } = log();
  events.react({ STARTED: async () => Promise.reject(new Error('database away')) });
  await expect(events.append(event('STARTED'))).rejects.toThrow('database away');
  await events.append(event('ENDED'));
});
