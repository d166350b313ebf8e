import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesPlugin } from '@escape.tech/graphql-armor-max-directives';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { requestError } from './presented-errors.ts';

/** What one document may hold. */
export interface DocumentLimits {
  readonly queryTokensMax: number;
  readonly depthMax: number;
  readonly aliasesMax: number;
  readonly directivesMax: number;
  readonly rootFieldsMax: number;
}

/** Refuses documents over a limit before anything of them is executed, with LIMIT_EXCEEDED. Introspection may be deeper. */
export function documentLimits(limits: DocumentLimits): Plugin[] {
  const options = (n: number) => ({ n, propagateOnRejection: false, onReject: [report] });
  return [
    maxTokensPlugin({ n: limits.queryTokensMax, onReject: [refuse] }),
    maxDepthPlugin({ ...options(limits.depthMax), flattenFragments: true }),
    maxAliasesPlugin(options(limits.aliasesMax)),
    maxDirectivesPlugin(options(limits.directivesMax)),
    {
      onValidate: ({ addValidationRule }) =>
        addValidationRule((context: ValidationContext) => rootFields(context, limits.rootFieldsMax)),
    },
  ];
}

const exceeded = (message: string): GraphQLError =>
  requestError('LIMIT_EXCEEDED', message.replace('Syntax Error: ', ''), 400);

function report(context: ValidationContext | null, error: GraphQLError): void {
  context?.reportError(exceeded(error.message));
}

function refuse(_context: ValidationContext | null, error: GraphQLError): never {
  throw exceeded(error.message);
}

/** Each root field is a piece of work of its own; fragments do not hide them. */
function rootFields(context: ValidationContext, max: number): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const count = countFields(context, operation.selectionSet, new Set());
      if (count > max) context.reportError(exceeded(`Root field limit of ${max} exceeded, found ${count}.`));
    },
  };
}

function countFields(
  context: ValidationContext,
  { selections }: SelectionSetNode,
  seen: Set<FragmentDefinitionNode>,
): number {
  let count = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) count += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += countFields(context, selection.selectionSet, seen);
    else {
      const fragment = context.getFragment(selection.name.value);
      if (fragment === undefined || fragment === null || seen.has(fragment)) continue; // a second spread merges into the first
      seen.add(fragment);
      count += countFields(context, fragment.selectionSet, seen);
    }
  }
  return count;
}
