import type { ConnectFailure } from './link.ts';

/** Something worth a line, told by one simulated charge point. */
export type SimulatorEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'connectFailed'; readonly failure: ConnectFailure }
  | { readonly kind: 'disconnected'; readonly code: number; readonly reason: string }
  /** The hub answered a BootNotification. */
  | { readonly kind: 'booted'; readonly status: string; readonly intervalSeconds: number }
  /** The hub did not accept the tag, in Authorize or in StartTransaction. */
  | { readonly kind: 'refused'; readonly connectorId: number; readonly idTag: string; readonly status: string }
  /** Energy flows. Without a transaction id: the hub has not answered yet. */
  | { readonly kind: 'charging'; readonly connectorId: number; readonly transactionId: number | undefined }
  | {
      readonly kind: 'stopped';
      readonly connectorId: number;
      readonly transactionId: number | undefined;
      readonly energyWh: number;
      readonly durationMs: number;
      readonly reason: string;
    }
  /** The hub asked for something; `answer` is a status or an error code. */
  | { readonly kind: 'commanded'; readonly action: string; readonly answer: string }
  /** The hub answered with a CALLERROR or not at all; `problem` says which. */
  | { readonly kind: 'callFailed'; readonly action: string; readonly problem: string }
  /** A transaction message was dropped after its last attempt. OCPP 1.6 §3.7.1. */
  | { readonly kind: 'gaveUp'; readonly action: string }
  /** It was stopped while the hub had not taken so many transaction messages. */
  | { readonly kind: 'undelivered'; readonly messages: number };
