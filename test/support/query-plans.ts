import type { Document, FindCursor } from 'mongodb';
import type { Store } from '../../src/store/store.ts';

/** One query and how the database would answer it. */
export interface QueryPlan {
  readonly collection: string;
  readonly filter: string;
  /** Stages from the result down, e.g. `['LIMIT', 'FETCH', 'IXSCAN']`. */
  readonly stages: readonly string[];
}

/** A store that remembers every query made through it. */
export interface WatchedStore {
  readonly store: Store;
  /** The plans of the queries since the last time this was asked, each different one once. */
  plans(): Promise<QueryPlan[]>;
}

/** Watches the reads of a store: `find`, `findOne` and `countDocuments`. */
export function watchQueries<S extends Store>(watched: S): WatchedStore & { readonly store: S } {
  let seen: { collection: string; filter: Document; cursor: FindCursor<Document> }[] = [];

  const collection = (name: string) => {
    const real = watched.collection<Document>(name);
    const note = (filter: Document, cursor: FindCursor<Document>) => {
      seen.push({ collection: name, filter, cursor });
      return cursor;
    };
    return new Proxy(real, {
      get(target, property) {
        if (property === 'find')
          return (filter: Document, options?: object) => note(filter, real.find(filter, options));
        if (property === 'findOne' || property === 'countDocuments') {
          return (filter: Document, options?: object) => {
            note(filter, real.find(filter).limit(1));
            return property === 'findOne' ? real.findOne(filter, options) : real.countDocuments(filter, options);
          };
        }
        const value: unknown = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };

  return {
    store: new Proxy(watched, {
      get(target, property) {
        if (property === 'collection') return collection;
        const value: unknown = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
    async plans() {
      const asked = new Map(seen.map((query) => [`${query.collection} ${JSON.stringify(query.filter)}`, query]));
      seen = [];
      return Promise.all(
        [...asked.values()].map(async ({ collection: name, filter, cursor }) => {
          const { queryPlanner } = await cursor.clone().explain('queryPlanner');
          return { collection: name, filter: JSON.stringify(filter), stages: stagesOf(queryPlanner.winningPlan) };
        }),
      );
    },
  };
}

/** Stages that mean that the cost of a query grows with what it does not give. */
export const wasteful = ({ stages }: QueryPlan): boolean => stages.includes('COLLSCAN') || stages.includes('SORT');

function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === 'stage' && typeof value === 'string' ? [value] : stagesOf(value),
  );
}
