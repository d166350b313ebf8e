import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { GraphqlClient } from '../support/graphql-client.ts';

/** A command as the operator sees it. */
export interface OperatorCommand {
  readonly id: string;
  /** The charge point's answer in the words of the API. */
  readonly status?: string | null;
  /** The further fields that were asked for. */
  readonly [field: string]: unknown;
  readonly execution: {
    readonly state: string;
    /** Payload of the CALL exactly as it went out. */
    readonly request: unknown;
    /** Payload of the CALLRESULT exactly as it came. */
    readonly response: unknown;
    readonly warnings: readonly { readonly code: string; readonly path: string | null }[];
    readonly failure: { readonly kind: string; readonly outcomeUnknown: boolean } | null;
  };
}

const execution = 'execution { state request response warnings { code path } failure { kind outcomeUnknown } }';
const capitalised = (name: string) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

/** Whoever calls the GraphQL API in a certification run. */
export interface Operator {
  /** How inputs name the charge point of the case. */
  readonly chargePoint: { readonly identity: string };
  /**
   * Issues a command of the charge point of the case by its mutation and waits for the answer, e.g.
   * `command('reset', { type: 'HARD' })`. `fields` are those of the command's own type. Throws when the hub refuses.
   */
  command(name: string, input?: object, fields?: string): Promise<OperatorCommand>;
  /** As `command`, for mutations whose input names no charge point, e.g. `remoteStopTransaction`. */
  commandOf(name: string, input: object, fields?: string): Promise<OperatorCommand>;
  /** The name of the type that a command mutation answered with; for refusals. */
  refusal(name: string, input?: object): Promise<string>;
  /** Waits until the command is in that state; throws when it is not within 5 s. */
  state(command: OperatorCommand, state: string, fields?: string): Promise<OperatorCommand>;
  /** Reads a field of the charge point of the case. */
  chargePointFields<Data = Record<string, unknown>>(fields: string): Promise<Data>;
  /** The transactions of the charge point of the case, newest first. */
  transactions(fields?: string): Promise<Record<string, unknown>[]>;
}

/** An operator with one API client, for one charge point. */
export function createOperator(api: GraphqlClient, identity: string): Operator {
  let count = 0;

  async function issue(name: string, input: object, fields: string): Promise<Record<string, unknown>> {
    count += 1;
    const type = capitalised(name);
    const data = await api.data<Record<string, Record<string, unknown>>>(
      `mutation ($input: ${type}Input!) { ${name}(input: $input) {
        __typename ... on Error { message } ... on ${type}Payload { command { id ${fields} ${execution} } } } }`,
      { input: { idempotencyKey: `${identity}-${count}`, wait: { until: 'RESPONDED', timeoutSeconds: 10 }, ...input } },
    );
    return data[name] ?? {};
  }

  const operator: Operator = {
    chargePoint: { identity },

    command: (name, input = {}, fields = 'status') =>
      operator.commandOf(name, { chargePoint: { identity }, ...input }, fields),

    async commandOf(name, input, fields = 'status') {
      const answer = await issue(name, input, fields);
      expect(answer['__typename'], JSON.stringify(answer)).toBe(`${capitalised(name)}Payload`);
      return answer['command'] as OperatorCommand;
    },

    async refusal(name, input = {}) {
      return String((await issue(name, { chargePoint: { identity }, ...input }, ''))['__typename']);
    },

    async state({ id }, state, fields = '') {
      const read = async () => {
        const { command } = await api.data<{ command: OperatorCommand }>(
          `query ($id: ID!) { command(id: $id) { id ${execution} ${fields} } }`,
          { id },
        );
        return command;
      };
      const command = await eventually(read, (seen) => seen.execution.state === state);
      expect(command.execution.state).toBe(state);
      return command;
    },

    async chargePointFields<Data>(fields: string) {
      const data = await api.data<{ chargePoint: Data }>(
        `query ($identity: String!) { chargePoint(by: { identity: $identity }) { ${fields} } }`,
        { identity },
      );
      return data.chargePoint;
    },

    async transactions(fields = 'state ocppTransactionId stopReason tokenValue') {
      const { transactions } = await operator.chargePointFields<{ transactions: { nodes: Record<string, unknown>[] } }>(
        `transactions(first: 20) { nodes { ${fields} } }`,
      );
      return transactions.nodes;
    },
  };
  return operator;
}
