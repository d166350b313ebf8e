import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import SimpleObjectsPlugin from '@pothos/plugin-simple-objects';
import { GraphQLError, type GraphQLSchema, isObjectType } from 'graphql';
import type { Principal } from '../kernel/principal.ts';
import type { HubContext } from './context.ts';
import { DateTimeScalar, EventCursorScalar, IdempotencyKeyScalar, JsonScalar, SafeIntScalar } from './scalars.ts';
import { missingScopes, scopesOf } from './scopes.ts';

/** What the caller may not see because of its type does not exist for it. */
function maySeeNode(typeName: string, schema: GraphQLSchema, { scopes }: Principal): boolean {
  const type = schema.getType(typeName);
  return isObjectType(type) && missingScopes(scopesOf(type), scopes).length === 0;
}

/** How many objects `Query.nodes` loads at most. */
const nodesMax = 100;

/** The one builder that every `graphql.ts` adds its types to. Non-null unless said otherwise (rule N4). */
export const builder = new SchemaBuilder<{
  Context: HubContext;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  /** What a connection's resolver gives beside edges and page info; see `connectionType`. */
  Connection: { readonly countUpTo?: ((max: number) => Promise<number>) | undefined };
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
    idFieldOptions: { description: 'Global id. Opaque: store it, never read meaning into it.' },
    nodeQueryOptions: {
      nullable: true,
      description: 'Any object by its global id; null when there is none.',
      args: { id: { description: 'Global id of the object.' } },
      resolve: (_root, { id }, { principal }, info, resolveNode) =>
        maySeeNode(id.typename, info.schema, principal) ? resolveNode(id) : null,
    },
    nodesQueryOptions: {
      description: 'Several objects by their global ids, at most 100, in the same order; null where there is none.',
      args: { ids: { description: 'Global ids of the objects.' } },
      resolve: async (_root, { ids }, { principal }, info, resolveNodes) => {
        if (ids.length <= nodesMax) {
          const isSeen = ids.map((id) => maySeeNode(id.typename, info.schema, principal));
          const found = await resolveNodes(ids.filter((_id, index) => isSeen[index]));
          let next = 0;
          return isSeen.map((seen) => (seen ? found[next++] : null));
        }
        throw new GraphQLError(`nodes takes at most ${nodesMax} ids`, { extensions: { code: 'BAD_REQUEST' } });
      },
    },
    nodeTypeOptions: { description: 'An object with a global id.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether the list goes on behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether the list has something before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge; pass as `before` to page backward.' },
    endCursorFieldOptions: { description: 'Cursor of the last edge; pass as `after` to page forward.' },
    firstArgOptions: { description: 'Take this many from the beginning, 1 to 100. 20 when neither is given.' },
    afterArgOptions: { description: 'Begin behind this cursor.' },
    lastArgOptions: { description: 'Take this many from the end, 1 to 100. Not together with `first`.' },
    beforeArgOptions: { description: 'End before this cursor.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The page, with a cursor for each item.',
    },
    nodeFieldOptions: { nullable: false, description: 'The item.' },
    cursorFieldOptions: { description: 'The place of this item in the list. Opaque.' },
    pageInfoFieldOptions: { description: 'Where this page stands in the list.' },
    nodesOnConnection: { description: 'The page without cursors.' },
  },
  errors: { directResult: true },
});

/** The builder's type parameters, for helpers that are generic over fields. */
export type HubTypes = typeof builder.$inferSchemaTypes;

builder.queryType({ description: 'Reads. Nothing here changes anything.' });
builder.mutationType({
  description:
    'Writes. Every field takes one `input` and gives a union of its payload and the failures that a client can act on; write a default branch, members may be added. Station commands carry the OCPP operation name and wait up to 30 s for the answer by default.',
});
builder.subscriptionType({
  description:
    'Streams over graphql-transport-ws or SSE. Durable ones resume with `after`; live ones skip what a slow reader misses.',
});

builder.addScalarType('DateTime', DateTimeScalar);
builder.addScalarType('JSON', JsonScalar);
builder.addScalarType('SafeInt', SafeIntScalar);
builder.addScalarType('EventCursor', EventCursorScalar);
builder.addScalarType('IdempotencyKey', IdempotencyKeyScalar);
