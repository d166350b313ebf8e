import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import SimpleObjectsPlugin from '@pothos/plugin-simple-objects';
import { DateTimeISOResolver, JSONResolver, SafeIntResolver } from 'graphql-scalars';
import type { HubContext } from './context.ts';

/** The one builder that every `graphql.ts` adds its types to. Non-null unless said otherwise (rule N4). */
export const builder = new SchemaBuilder<{
  Context: HubContext;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  Scalars: {
    ID: { Input: string; Output: string | number };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    SafeInt: { Input: number; Output: number };
    EventCursor: { Input: string; Output: string };
    IdempotencyKey: { Input: string; Output: string };
  };
}>({
  plugins: [ErrorsPlugin, RelayPlugin, SimpleObjectsPlugin],
  defaultFieldNullability: false,
  relay: {
    cursorType: 'String',
    clientMutationId: 'omit',
    brandLoadedObjects: true,
    nodeQueryOptions: { nullable: true, description: 'Any object by its global id; null when there is none.' },
    nodesQueryOptions: {
      description: 'Several objects by their global ids, at most 100, in the same order; null where there is none.',
    },
    nodeTypeOptions: { description: 'An object with a global id.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
  },
  errors: { directResult: true },
});

builder.queryType({ description: 'Reads. Nothing here changes anything.' });
builder.mutationType({
  description:
    'Writes. Every field takes one `input` and gives a union of its payload and the failures that a client can act on; write a default branch, members may be added. Station commands carry the OCPP operation name and wait up to 30 s for the answer by default.',
});
builder.subscriptionType({
  description:
    'Streams over graphql-transport-ws or SSE. Durable ones resume with `after`; live ones skip what a slow reader misses.',
});

builder.addScalarType('DateTime', DateTimeISOResolver);
builder.addScalarType('JSON', JSONResolver);
builder.addScalarType('SafeInt', SafeIntResolver);
