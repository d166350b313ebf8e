/** Says whether writes may go out, whatever the connection says. Closed while any reason stands. */
export interface Gate {
  /** Why nothing may be written now; undefined: it may. */
  reason(): string | undefined;
  /** Called with every change of `reason`. */
  onChange(hear: () => void): void;
  close(cause: string, reason: string): void;
  open(cause: string): void;
}

/** An open gate. */
export function createGate(): Gate {
  const reasons = new Map<string, string>();
  const hearers: (() => void)[] = [];
  const tell = () => {
    for (const hear of hearers) hear();
  };
  return {
    reason: () => reasons.values().next().value,
    onChange: (hear) => void hearers.push(hear),
    close(cause, reason) {
      reasons.set(cause, reason);
      tell();
    },
    open(cause) {
      if (reasons.delete(cause)) tell();
    },
  };
}
