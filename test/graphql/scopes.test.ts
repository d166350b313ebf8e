import { buildSchema as buildPlain, type GraphQLSchema, isInterfaceType, isObjectType, parse } from 'graphql';
import { expect, test } from 'vitest';
import { requiredScopes, scopesOf, scopesOfField } from '../../src/graphql/scopes.ts';
import { allScopes, effectiveScopes } from '../../src/kernel/principal.ts';
import { buildSchema } from '../../src/schema.ts';

const schema = buildSchema();

/** What every caller may ask: who it is, whether the hub is well, and objects by id, each of which is checked by its type. */
const open = new Set(['Query.node', 'Query.nodes', 'Query.viewer', 'Query.health']);

test('every root field needs a scope, by itself or through what it gives', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const unguarded = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {})
      .filter((field) => scopesOfField(field).length === 0)
      .map((field) => `${root?.name}.${field.name}`)
      .filter((name) => !open.has(name)),
  );
  expect(unguarded).toEqual([]);
});

test('every mutation needs a scope of its own that writes or controls', () => {
  const reading = Object.values(schema.getMutationType()?.getFields() ?? {})
    .filter((field) => scopesOf(field).every((scope) => scope.endsWith('_READ')))
    .map(({ name }) => name);
  expect(reading).toEqual([]);
});

test('every object that has a global id needs a scope', () => {
  const node = schema.getType('Node');
  const unguarded = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => isInterfaceType(node) && type.getInterfaces().includes(node) && scopesOf(type).length === 0)
    .map(({ name }) => name);
  expect(unguarded).toEqual([]);
});

test('what a field needs stands in its description', () => {
  const { description } = schema.getMutationType()?.getFields()['reset'] ?? {};
  expect(description).toContain('Needs CONFIGURATION_WRITE.');
});

/** A schema of its own, so that nothing here depends on what capabilities there are. */
function guarded(): GraphQLSchema {
  const plain = buildPlain(`
    interface Thing { name: String }
    type Secret implements Thing { name: String deeper: Deeper }
    type Deeper { value: Int }
    type Query { open: Int thing: Thing secret: Secret own: Int }
  `);
  const give = (typeName: string, scopes: string[]) => {
    const type = plain.getType(typeName);
    if (type !== undefined) type.extensions = { scopes };
  };
  give('Secret', ['TRANSACTIONS_READ']);
  give('Deeper', ['METER_VALUES_READ']);
  const own = plain.getQueryType()?.getFields()['own'];
  if (own !== undefined) own.extensions = { scopes: ['STATS_READ'] };
  return plain;
}

const ofText = (text: string, operationName?: string) => requiredScopes(guarded(), parse(text), operationName);

test.each([
  ['{ open __typename }', []],
  ['{ own }', ['STATS_READ']],
  ['{ thing { name } }', []],
  ['{ secret { name } }', ['TRANSACTIONS_READ']],
  ['{ secret { deeper { value } } }', ['TRANSACTIONS_READ', 'METER_VALUES_READ']],
  ['{ thing { ... on Secret { name } } }', ['TRANSACTIONS_READ']],
  ['{ thing { ... on Secret { __typename } } }', ['TRANSACTIONS_READ']],
  [
    '{ thing { ...A } } fragment A on Thing { ...B } fragment B on Secret { deeper { value } }',
    ['TRANSACTIONS_READ', 'METER_VALUES_READ'],
  ],
  ['{ open @skip(if: true) secret @include(if: false) { name } }', ['TRANSACTIONS_READ']],
  ['{ open } fragment Unused on Secret { name }', []],
])('%s needs %j', (text, scopes) => {
  expect(ofText(text)).toEqual(scopes);
});

test('of several operations only the one that is asked for counts', () => {
  const text = 'query A { open } query B { secret { name } }';
  expect(ofText(text, 'A')).toEqual([]);
  expect(ofText(text, 'B')).toEqual(['TRANSACTIONS_READ']);
});

test('a scope that writes includes the one that reads', () => {
  const writing = allScopes.filter((scope) => scope.endsWith('_WRITE'));
  for (const scope of writing) {
    const reading = allScopes.find((one) => one === scope.replace('_WRITE', '_READ'));
    if (reading !== undefined) expect([...effectiveScopes([scope])]).toContain(reading);
  }
});
