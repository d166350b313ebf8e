import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import './capabilities/index.ts';
import { builder } from './graphql/builder.ts';
import { describeScopes } from './graphql/scopes.ts';

let schema: GraphQLSchema | undefined;

/** The GraphQL schema of all capabilities; built once, it serves any number of hubs in one process. */
export function buildSchema(): GraphQLSchema {
  schema ??= describeScopes(builder.toSchema());
  return schema;
}

/** The schema as text, sorted, for `schema/schema.graphql`. */
export const printSdl = (): string => `${printSchema(lexicographicSortSchema(buildSchema()))}\n`;
