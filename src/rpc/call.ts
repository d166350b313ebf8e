/** What became of a CALL that the hub sent. Outcomes are data: only a programming fault rejects. */
export type CallReply =
  | { readonly kind: 'result'; readonly payload: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly description: string; readonly details: unknown }
  /** No answer in time. The peer may have acted. */
  | { readonly kind: 'timeout' }
  /** The link went away. `sent` tells whether the CALL had left, i.e. whether the peer may have acted. */
  | { readonly kind: 'lost'; readonly sent: boolean }
  /** Too many CALLs wait already; nothing was sent. */
  | { readonly kind: 'queueFull' };

export interface CallOptions {
  /** From leaving to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Awaited when the CALL is next to leave, before it does. `false` drops it: the reply is `lost`, not sent. */
  readonly beforeSend?: (messageId: string) => Promise<boolean>;
  /** Called when the answer comes after the time-out, while the link lives. */
  readonly onLate?: (reply: CallReply) => void;
}

/** A CALL that came in. */
export interface IncomingFrame {
  /** In the type in which it was received; the answer echoes it. RPC-2. */
  readonly messageId: string | number;
  readonly action: string;
  readonly payload: unknown;
  /** What is odd about the frame itself, by name; absent when nothing is. */
  readonly repairs?: readonly string[] | undefined;
  readonly receivedAt: Date;
}

/** One conversation with one charge point, both directions. It knows no socket and no domain. */
export interface Session {
  /** Takes one text frame. Never throws and never waits. */
  receive(text: string): void;
  /** Sends a CALL when all earlier ones are answered or timed out. RPC-4. */
  call(action: string, payload: unknown, options: CallOptions): Promise<CallReply>;
  /** CALLs that wait or are open. */
  queuedCalls(): number;
  /** The link is gone: open and waiting CALLs end as `lost`, answers in the making are dropped. */
  close(): void;
  /** Resolves when every CALL received so far has been answered. */
  drained(): Promise<void>;
}
