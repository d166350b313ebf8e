/** The error codes of OCPP-J 1.6, in the spelling that goes on the wire; `Occurence…` is misspelt in the standard. RPC error table. */
export const ocppErrorCodes = [
  'NotImplemented',
  'NotSupported',
  'InternalError',
  'ProtocolError',
  'SecurityError',
  'FormationViolation',
  'PropertyConstraintViolation',
  'OccurenceConstraintViolation',
  'TypeConstraintViolation',
  'GenericError',
] as const;
export type OcppErrorCode = (typeof ocppErrorCodes)[number];

/** The peer broke the protocol, or we cannot serve it: it becomes a CALLERROR. */
export class OcppError extends Error {
  override readonly name = 'OcppError';
  readonly code: OcppErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  /** The id of the frame, when it had a readable one. */
  readonly messageId: string | number | undefined;

  constructor(
    code: OcppErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; messageId?: string | number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.messageId = options.messageId;
  }
}
