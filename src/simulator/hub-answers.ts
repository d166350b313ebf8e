/** The standing of a tag as a hub tells it; `Invalid` too when the answer cannot be read. OCPP 1.6 §7.2. */
export function authorizationStatus(response: unknown): string {
  const status = field(field(response, 'idTagInfo'), 'status');
  return typeof status === 'string' ? status : 'Invalid';
}

/** Until when an acceptance may be kept; undefined: no end. */
export function expiry(response: unknown): Date | undefined {
  const text = field(field(response, 'idTagInfo'), 'expiryDate');
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** The number that the hub gave to a transaction; −1 when the answer has none. Errata 3.18. */
export function transactionId(response: unknown): number {
  const id = field(response, 'transactionId');
  return typeof id === 'number' && Number.isInteger(id) ? id : -1;
}

/** The hub's answer to a BootNotification; `Rejected` when it cannot be read. OCPP 1.6 §6.4. */
export function bootAnswer(response: unknown): {
  status: 'Accepted' | 'Pending' | 'Rejected';
  intervalSeconds: number;
} {
  const status = field(response, 'status');
  const interval = field(response, 'interval');
  return {
    status: status === 'Accepted' || status === 'Pending' ? status : 'Rejected',
    intervalSeconds: typeof interval === 'number' && interval > 0 ? interval : 0,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
