import type { GraphqlClient } from '../../support/graphql-client.ts';

const execution =
  'execution { state request response sentAt respondedAt finishedAt answeredLate violations failure { kind ocppErrorCode description outcomeUnknown } }';

/** What a command mutation gives. */
export interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly path?: string;
  readonly idempotentReplay?: boolean;
  readonly command?: {
    readonly id: string;
    readonly status?: string | null;
    readonly execution: {
      readonly state: string;
      readonly request: unknown;
      readonly response: unknown;
      readonly answeredLate: boolean;
      readonly failure: {
        readonly kind: string;
        readonly ocppErrorCode: string | null;
        readonly outcomeUnknown: boolean;
      } | null;
    };
  };
}

/** Runs a command mutation; `fields` are those of its own type. */
export async function runCommand(api: GraphqlClient, name: string, input: string, fields = 'status'): Promise<Answer> {
  const payload = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Payload`;
  const data = await api.data<Record<string, Answer>>(
    `mutation { ${name}(input: { ${input} }) { __typename ... on Error { code } ... on ValidationError { path }
      ... on ${payload} { idempotentReplay command { id ${fields} ${execution} } } } }`,
  );
  const answer = data[name];
  if (answer === undefined || answer === null) throw new Error(`${name} gave nothing`);
  return answer;
}

/** The input that names a charge point. */
export const of = (identity: string) => `chargePoint: { identity: "${identity}" }`;
