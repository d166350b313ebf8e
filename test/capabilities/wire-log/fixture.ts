import { wireLogKey } from '../../../src/capabilities/wire-log/index.ts';
import type { TestHub } from '../../support/hub.ts';

/** A frame as the API shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly direction: string;
  readonly messageType: string;
  readonly messageId: string | null;
  readonly action: string | null;
  readonly text: string;
  readonly payload: unknown;
  readonly errorCode: string | null;
  readonly sizeBytes: number;
  readonly latencyMs: number | null;
  readonly linkEpoch: number;
  readonly transactionId: number | null;
  readonly repairs: readonly string[];
  readonly violations: readonly string[];
  readonly isCut: boolean;
  readonly chargePoint: { identity: string } | null;
  readonly command: { id: string; __typename: string } | null;
}

export const messageFields = `id direction messageType messageId action text payload errorCode sizeBytes latencyMs linkEpoch
  transactionId repairs violations isCut chargePoint { identity } command { id __typename }`;

/** Every frame that is stored by now and fits the filter, oldest first. */
export async function logged(
  hub: Pick<TestHub, 'hub' | 'api'>,
  filter: Record<string, unknown> = {},
  api = hub.api,
): Promise<ShownMessage[]> {
  await hub.hub.use(wireLogKey).flush();
  const { ocppMessages } = await api.data<{ ocppMessages: { nodes: ShownMessage[] } }>(
    `query ($filter: OcppMessageFilterInput) { ocppMessages(filter: $filter, first: 100) { nodes { ${messageFields} } } }`,
    { filter },
  );
  return ocppMessages.nodes.reverse();
}

/** The global id of a charge point. */
export async function chargePointId({ api }: Pick<TestHub, 'api'>, identity: string): Promise<string> {
  const { chargePoint } = await api.data<{ chargePoint: { id: string } }>(
    'query ($identity: String!) { chargePoint(by: { identity: $identity }) { id } }',
    { identity },
  );
  return chargePoint.id;
}
