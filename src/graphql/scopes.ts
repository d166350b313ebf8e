import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type ApiScope, allScopes } from '../kernel/principal.ts';

/** Where a field or a type keeps the scopes that it needs. */
const extensionName = 'scopes';

/**
 * Says what a caller needs for a field or a type: all of the scopes. On a type it counts for every field that gives it and
 * for every fragment on it.
 *
 * ```ts
 * builder.node(TokenRef, { ...needs('ID_TAGS_READ'), description: '…', … });
 * ```
 */
export const needs = (...scopes: readonly ApiScope[]): { extensions: Record<string, unknown> } => ({
  extensions: { [extensionName]: scopes },
});

interface Guarded {
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** The scopes that a field or a type says it needs by itself. */
export const scopesOf = ({ extensions }: Guarded): readonly ApiScope[] =>
  (extensions[extensionName] as readonly ApiScope[] | undefined) ?? []; // written by `needs` only

/** What selecting a field needs: its own scopes and those of the type that it gives. */
export const scopesOfField = (field: GraphQLField<unknown, unknown>): readonly ApiScope[] => {
  const type = getNamedType(field.type);
  return [...scopesOf(field), ...('extensions' in type ? scopesOf(type) : [])];
};

const required = new WeakMap<DocumentNode, ReadonlyMap<string, readonly ApiScope[]>>();

/**
 * The scopes that an operation needs, whatever its variables: those of every field in it, of the types of its fragments,
 * and of whatever the fragments hold. Computed once for a document.
 */
export function requiredScopes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): readonly ApiScope[] {
  let byOperation = required.get(document);
  if (byOperation === undefined) {
    byOperation = readDocument(schema, document);
    required.set(document, byOperation);
  }
  if (typeof operationName === 'string') return byOperation.get(operationName) ?? [];
  return [...new Set([...byOperation.values()].flat())]; // without a name there is one operation
}

function readDocument(schema: GraphQLSchema, document: DocumentNode): ReadonlyMap<string, readonly ApiScope[]> {
  const byFragment = new Map<string, Set<ApiScope>>();
  const spreads = new Map<string, Set<string>>();
  const byOperation = new Map<string, { scopes: Set<ApiScope>; spreads: Set<string> }>();
  for (const definition of document.definitions) {
    const scopes = new Set<ApiScope>();
    const used = new Set<string>();
    const info = new TypeInfo(schema);
    const add = (found: readonly ApiScope[]) => {
      for (const scope of found) scopes.add(scope);
    };
    visit(
      definition,
      visitWithTypeInfo(info, {
        Field() {
          const field = info.getFieldDef();
          if (field !== null && field !== undefined) add(scopesOfField(field));
          const parent = info.getParentType(); // the type of the fragment that it stands in, if it does
          if (parent !== null && parent !== undefined) add(scopesOf(parent));
        },
        FragmentSpread({ name }) {
          used.add(name.value);
        },
      }),
    );
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      byFragment.set(definition.name.value, scopes);
      spreads.set(definition.name.value, used);
    } else if (definition.kind === Kind.OPERATION_DEFINITION) {
      byOperation.set(definition.name?.value ?? '', { scopes, spreads: used });
    }
  }
  return new Map(
    [...byOperation].map(([name, operation]) => {
      const reached = new Set<string>();
      const reach = (fragment: string): void => {
        if (reached.has(fragment)) return;
        reached.add(fragment);
        for (const next of spreads.get(fragment) ?? []) reach(next);
      };
      for (const fragment of operation.spreads) reach(fragment);
      const all = new Set([...operation.scopes, ...[...reached].flatMap((one) => [...(byFragment.get(one) ?? [])])]);
      return [name, allScopes.filter((scope) => all.has(scope))];
    }),
  );
}

/** Which of the required scopes are not held. */
export const missingScopes = (needed: readonly ApiScope[], held: ReadonlySet<ApiScope>): readonly ApiScope[] =>
  needed.filter((scope) => !held.has(scope));

/** Adds what each field needs to its description, so that explorer and SDL tell it. Changes the schema given. */
export function describeScopes(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if ('extensions' in type && !type.name.startsWith('__')) {
      const own = scopesOf(type);
      if (own.length > 0) type.description = `${type.description ?? ''}\n\nNeeds ${own.join(', ')}.`.trim();
    }
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const own = scopesOf(field);
      if (own.length > 0) field.description = `${field.description ?? ''} Needs ${own.join(', ')}.`.trim();
    }
  }
  return schema;
}
