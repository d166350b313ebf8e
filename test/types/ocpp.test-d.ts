// Compiled, never run: what the compiler must know about messages.
import type { Message, RequestOf, ResponseOf } from '../../src/ocpp/message.ts';
import {
  type Authorize,
  type ClearCache,
  type GetConfiguration,
  Heartbeat,
  type MeterValues,
  type StartTransaction,
  type StatusNotification,
  type StopTransaction,
} from '../../src/ocpp/v16/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): T | undefined => undefined;

yes<Same<ResponseOf<typeof Heartbeat>, { currentTime: string }>>(); // a date-time is text
yes<Same<RequestOf<typeof StartTransaction>['timestamp'], string>>();
yes<Same<RequestOf<typeof StopTransaction>['transactionId'], number>>();
yes<
  Same<
    ResponseOf<typeof Authorize>['idTagInfo']['status'],
    'Accepted' | 'Blocked' | 'Expired' | 'Invalid' | 'ConcurrentTx'
  >
>();
yes<
  Same<
    NonNullable<RequestOf<typeof MeterValues>['meterValue'][number]['sampledValue'][number]['phase']>,
    'L1' | 'L2' | 'L3' | 'N' | 'L1-N' | 'L2-N' | 'L3-N' | 'L1-L2' | 'L2-L3' | 'L3-L1'
  >
>();

export const start: RequestOf<typeof StartTransaction> = { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: '' };
export const nothing: RequestOf<typeof ClearCache> = {};
export const untyped: Message = Heartbeat;

// @ts-expect-error: an empty payload has no property
export const something: RequestOf<typeof ClearCache> = { status: 'Accepted' };
// @ts-expect-error: a required property is missing
export const noTag: RequestOf<typeof Authorize> = {};
// @ts-expect-error: closed objects have no further properties
export const extra: RequestOf<typeof Authorize> = { idTag: 'A', parentIdTag: 'B' };
// @ts-expect-error: not a word of the list
export const wrongWord: RequestOf<typeof StatusNotification>['status'] = 'Occupied';
// @ts-expect-error: an absent property is left out, never sent as undefined
export const sentUndefined: RequestOf<typeof GetConfiguration> = { key: undefined };
// @ts-expect-error: a date-time is text, not a Date
export const date: ResponseOf<typeof Heartbeat> = { currentTime: new Date() };
// @ts-expect-error: a request is not a response
export const swapped: ResponseOf<typeof StartTransaction> = start;
