import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { livePlan } from '../../src/graphql/live-plan.ts';
import { buildSchema } from '../../src/schema.ts';

const schema = buildSchema();

test.each([
  'subscription ($f: MeterValueFilterInput) { meterValues(filter: $f) { sequence meterValue { sampledValues { value } } } }',
  'subscription ($f: OcppMessageFilterInput) { ocppMessages(filter: $f) { sequence message { text } } }',
])('is shared by its selection alone: %s', (text) => {
  const plan = livePlan(schema, parse(text), undefined);
  expect(plan?.variables).toEqual([]);
  expect(plan?.text).not.toContain('filter');
});

test('variables below the root are part of the plan, also those in fragments and directives', () => {
  const text =
    'subscription ($f: MeterValueFilterInput, $s: Boolean!, $n: Int) { meterValues(filter: $f) { ...F sequence @skip(if: $s) } } fragment F on MeterValuesReceived { meterValue { connector { meterValues(first: $n) { nodes { connectorId } } } } }';
  expect(livePlan(schema, parse(text), undefined)?.variables).toEqual(['n', 's']);
});

test('queries, and root fields hidden in fragments, are not shared', () => {
  const hidden = 'subscription { ...F } fragment F on Subscription { meterValues { sequence } }';
  for (const text of ['{ __typename }', hidden]) expect(livePlan(schema, parse(text), undefined)).toBeUndefined();
});
