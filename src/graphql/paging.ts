import type { InterfaceRef, ObjectRef } from '@pothos/core';
import { type ConnectionArguments, encodePosition, type Page, type PageRequest, pageRequest } from '../kernel/page.ts';
import type { ApiScope } from '../kernel/principal.ts';
import { builder, type HubTypes } from './builder.ts';
import { needs } from './scopes.ts';

/** `totalCount` is counted up to here. */
export const totalCountMax = 10_000;

/** What a connection field resolves to. */
export interface Connection<T> {
  readonly edges: { cursor: string; node: T }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  readonly countUpTo?: ((max: number) => Promise<number>) | undefined;
}

/**
 * Answers a connection field from a page of the store. `fetch` reads the page; `count` counts the whole list but never
 * past `max`, and is asked only when `totalCount` is selected. Throws BAD_REQUEST for a wrong page size or cursor.
 *
 * ```ts
 * builder.queryField('chargePoints', (t) =>
 *   t.connection({ type: ChargePointRef, nullable: true, description: '…', args: { filter: … },
 *     resolve: (_root, args, { principal, use }) => connection(args, {
 *       fetch: (page) => use(chargePointsKey).list(principal, filter, page),
 *       count: (max) => use(chargePointsKey).count(principal, filter, max),
 *     }) }, ChargePointConnection));
 * ```
 */
export async function connection<T>(
  args: ConnectionArguments,
  list: { fetch: (page: PageRequest) => Promise<Page<T>>; count?: (max: number) => Promise<number> },
): Promise<Connection<T>> {
  const page = await list.fetch(pageRequest(args));
  const edges = page.items.map((node) => ({ cursor: encodePosition(page.position(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    countUpTo: list.count,
  };
}

/**
 * `<Name>Connection` and `<Name>Edge` for a type; once per type. With `counted` it has `totalCount`, and each field of
 * this connection gives a `count`.
 */
export function connectionType<T>(
  type: ObjectRef<HubTypes, T> | InterfaceRef<HubTypes, T>,
  /** `scope`: what a caller needs to see the list, its length too. */
  { counted, scope }: { counted: boolean; scope: ApiScope },
) {
  return builder.connectionObject(
    {
      ...needs(scope),
      type,
      name: `${type.name}Connection`,
      description: `A page of a list of ${type.name}.`,
      fields: (t) =>
        counted
          ? {
              totalCount: t.int({
                nullable: true,
                description: 'How many there are in the whole list; null when more than 10,000.',
                resolve: async ({ countUpTo }) => {
                  const count = await countUpTo?.(totalCountMax + 1);
                  return count === undefined || count > totalCountMax ? null : count;
                },
              }),
            }
          : {},
    },
    { name: `${type.name}Edge`, description: `One ${type.name} and its place in the list.` },
  );
}
