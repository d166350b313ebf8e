import { OcppError } from '../../ocpp/errors.ts';
import { type Frame, parseFrame } from '../../ocpp/frame.ts';
import { withoutSecrets } from './mask.ts';
import { recordBytes, textMax, type WireMessage, type WireMessageType } from './model.ts';

/** A frame as the gateway hands it over. */
export interface HeardFrame {
  readonly direction: 'in' | 'out';
  readonly text: string;
  readonly at: Date;
}

/** What a frame says of itself. */
export type FrameFacts = Pick<
  WireMessage,
  | 'direction'
  | 'at'
  | 'type'
  | 'messageId'
  | 'action'
  | 'text'
  | 'isCut'
  | 'sizeBytes'
  | 'ocppTransactionId'
  | 'storedBytes'
> & {
  /** Why it cannot be read. */
  readonly fault?: string;
};

const typeOf = { call: 'CALL', result: 'CALLRESULT', error: 'CALLERROR' } as const satisfies Record<
  Frame['kind'],
  WireMessageType
>;

/** Reads what can be read of a frame. Never throws. */
export function factsOf({ direction, text, at }: HeardFrame): FrameFacts {
  const kept = withoutSecrets(text);
  const shown = kept.length > textMax ? kept.slice(0, textMax) : kept;
  const common = {
    direction: direction === 'in' ? 'FROM_CHARGE_POINT' : 'TO_CHARGE_POINT',
    at,
    text: shown,
    ...(shown !== kept && { isCut: true as const }),
    sizeBytes: Buffer.byteLength(text),
    storedBytes: Buffer.byteLength(shown) + recordBytes,
  } as const;
  try {
    const frame = parseFrame(text);
    const { kind, messageId } = frame;
    const transactionId = kind === 'error' ? undefined : transactionIdIn(frame.payload);
    return {
      ...common,
      type: typeOf[kind],
      messageId: String(messageId),
      ...(kind === 'call' && { action: frame.action }),
      ...(transactionId !== undefined && { ocppTransactionId: transactionId }),
    };
  } catch (error) {
    const { messageId, message } = error instanceof OcppError ? error : { messageId: undefined, message: 'unreadable' };
    const id = messageId === undefined ? {} : { messageId: String(messageId) };
    return { ...common, ...id, type: 'UNREADABLE', fault: message };
  }
}

/** The number in the payload itself, or in the charging profile that it carries. */
function transactionIdIn(payload: unknown): number | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  if ('transactionId' in payload)
    return Number.isSafeInteger(payload.transactionId) ? Number(payload.transactionId) : undefined;
  for (const part of ['csChargingProfiles', 'chargingProfile']) {
    const profile: unknown = Reflect.get(payload, part);
    if (typeof profile === 'object' && profile !== null) return transactionIdIn(profile);
  }
  return undefined;
}
