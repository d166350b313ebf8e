/** What a client can be told. `retryable`: the same request may succeed later without change. */
export class HubError extends Error {
  override readonly name: string = 'HubError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Something in the request cannot be right. `path` names the input field, e.g. `input.connectorId`. */
export class ValidationError extends HubError {
  override readonly name = 'ValidationError';
  readonly path: string;
  constructor(path: string, message: string) {
    super('VALIDATION', `${path}: ${message}`);
    this.path = path;
  }
}

/** Nothing of this kind and key exists for the caller's tenant. */
export class NotFoundError extends HubError {
  override readonly name = 'NotFoundError';
  constructor(what: string, key: string) {
    super('NOT_FOUND', `no ${what} ${key}`);
  }
}

/** The request contradicts what is stored, e.g. the identity is taken. */
export class ConflictError extends HubError {
  override readonly name = 'ConflictError';
  constructor(message: string) {
    super('CONFLICT', message);
  }
}

/** The object changed since the caller read it. `currentVersion` is the version to read again. */
export class VersionConflictError extends HubError {
  override readonly name = 'VersionConflictError';
  readonly currentVersion: number;
  constructor(what: string, currentVersion: number) {
    super('VERSION_CONFLICT', `the ${what} changed meanwhile; its version is now ${currentVersion}`);
    this.currentVersion = currentVersion;
  }
}

/** The charge point has no open link to any hub node. Nothing was sent. */
export class ChargePointOfflineError extends HubError {
  override readonly name = 'ChargePointOfflineError';
  readonly lastSeenAt: Date | undefined;
  constructor(identity: string, lastSeenAt: Date | undefined) {
    super('CHARGE_POINT_OFFLINE', `charge point ${identity} is not connected`, { retryable: true });
    this.lastSeenAt = lastSeenAt;
  }
}

/** The charge point is not accepted (registration PENDING or REJECTED), so this command may not go out. OCPP 1.6 §4.2. */
export class ChargePointNotAcceptedError extends HubError {
  override readonly name = 'ChargePointNotAcceptedError';
  constructor(identity: string, registration: string) {
    super('CHARGE_POINT_NOT_ACCEPTED', `charge point ${identity} is ${registration}`, { retryable: true });
  }
}

/** Too many commands wait for this charge point already. */
export class CommandQueueFullError extends HubError {
  override readonly name = 'CommandQueueFullError';
  readonly retryAfterSeconds: number;
  constructor(identity: string, retryAfterSeconds: number) {
    super('COMMAND_QUEUE_FULL', `too many commands wait for charge point ${identity}`, { retryable: true });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The protocol version of the charge point's link does not know this operation. */
export class UnsupportedOperationError extends HubError {
  override readonly name = 'UnsupportedOperationError';
  constructor(operation: string, protocol: string) {
    super('UNSUPPORTED_OPERATION', `${operation} does not exist in OCPP ${protocol}`);
  }
}

/** The idempotency key was used before by this caller for another input. */
export class IdempotencyKeyReusedError extends HubError {
  override readonly name = 'IdempotencyKeyReusedError';
  constructor(key: string) {
    super('IDEMPOTENCY_KEY_REUSED', `idempotency key ${key} was used with another input`);
  }
}
