import { maskLocationsIn } from '../../kernel/locations.ts';
import type { Principal } from '../../kernel/principal.ts';

/** One mutation that somebody called. */
export interface AuditEntry {
  readonly _id: string;
  readonly tenantId: string;
  readonly at: Date;
  readonly actor: Principal['actor'];
  /** Name of the mutation. */
  readonly operation: string;
  /** `OK`, or the code of the failure. */
  readonly outcome: string;
  /** What was asked, secrets left out and cut to a bearable size. */
  readonly input: unknown;
  readonly commandId?: string;
  readonly remoteAddress?: string;
  readonly requestId: string;
}

/** Which entries; all given conditions must hold. */
export interface AuditFilter {
  readonly operations?: readonly string[] | undefined;
  readonly actorIds?: readonly string[] | undefined;
  readonly at?: { readonly from?: Date | undefined; readonly to?: Date | undefined } | undefined;
}

const hidden = '***';
const secretName = /password|secret|authorization|privatekey/i;
const depthMax = 8;
const itemsMax = 100;
const textMax = 1_000;

/** What may be kept of an input: no secret, no password inside a URL, nothing deep, long or large. */
export function auditable(value: unknown, depth = 0): unknown {
  if (depth > depthMax) return '…';
  if (typeof value === 'string') return maskLocationsIn(value).slice(0, textMax);
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => auditable(item, depth + 1));
  const record = value as Record<string, unknown>; // an object that is no list has named members
  const namesSecret = typeof record['key'] === 'string' && secretName.test(record['key']);
  return Object.fromEntries(
    Object.entries(record)
      .slice(0, itemsMax)
      .map(([name, part]) => {
        const isSecret = (typeof part === 'string' && secretName.test(name)) || (namesSecret && name === 'value');
        return [name, isSecret ? hidden : auditable(part, depth + 1)];
      }),
  );
}
