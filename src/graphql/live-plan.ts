import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isViewerDependent } from './viewer.ts';

/** How a live subscription is shared. */
export interface LivePlan {
  /** What is selected: the document without the arguments of its root field, which only say which items come. */
  readonly text: string;
  /** The variables that are used below the root field. */
  readonly variables: readonly string[];
}

const plans = new WeakMap<DocumentNode, Map<string, LivePlan | undefined>>();

/**
 * The plan of a subscription, computed once for a document. Undefined: it is not shared, because it selects a field
 * that depends on the viewer, because its root field does more than hand on its items, or because it hides it in a fragment.
 */
export function livePlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): LivePlan | undefined {
  const known = plans.get(document) ?? new Map<string, LivePlan | undefined>();
  plans.set(document, known);
  const name = operationName ?? '';
  if (!known.has(name)) known.set(name, makePlan(schema, document, operationName));
  return known.get(name);
}

function makePlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): LivePlan | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return undefined;
  const [root, ...others] = operation.selectionSet.selections;
  if (root?.kind !== Kind.FIELD || others.length > 0) return undefined;
  const field = schema.getSubscriptionType()?.getFields()[root.name.value];
  if (field === undefined || !handsOn(field)) return undefined;

  const bare: FieldNode = { ...root, arguments: [] };
  const selection = {
    ...operation,
    variableDefinitions: [],
    selectionSet: { ...operation.selectionSet, selections: [bare] },
  };
  const fragments = reachedFragments(document, bare);
  const variables = new Set<string>();
  let isPersonal = false;
  for (const definition of [selection, ...fragments]) {
    const info = new TypeInfo(schema);
    visit(
      definition,
      visitWithTypeInfo(info, {
        Field() {
          const selected = info.getFieldDef();
          if (selected && isViewerDependent(selected)) isPersonal = true;
        },
        Variable: (variable) => {
          variables.add(variable.name.value);
        },
      }),
    );
  }
  if (isPersonal) return undefined;
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) =>
    variables.has(variable.name.value),
  );
  const shared: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [{ ...selection, variableDefinitions: variableDefinitions ?? [] }, ...fragments],
  };
  return { text: print(shared), variables: [...variables].sort() };
}

/**
 * Whether a root field gives its item as it is, without looking at arguments or caller. Asked of the resolver as it was
 * written: the builder's own around it reads the arguments to decode global ids. A field not made by the builder does not.
 */
function handsOn({ extensions }: GraphQLField<unknown, unknown>): boolean {
  const written = extensions['pothosOptions'];
  if (typeof written !== 'object' || written === null || !('resolve' in written)) return false;
  const { resolve } = written;
  if (typeof resolve !== 'function') return false;
  const item = {};
  try {
    return resolve(item, untouchable, untouchable, untouchable) === item;
  } catch {
    return false;
  }
}

const untouchable = new Proxy(
  {},
  {
    get() {
      throw new Error('a live root field looks at more than its item');
    },
  },
);

function reachedFragments(document: DocumentNode, root: FieldNode): readonly FragmentDefinitionNode[] {
  const byName = new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
  const reached = new Set<FragmentDefinitionNode>();
  const reach = (node: FieldNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = byName.get(name.value);
        if (fragment === undefined || reached.has(fragment)) return;
        reached.add(fragment);
        reach(fragment);
      },
    });
  };
  reach(root);
  return [...reached];
}
