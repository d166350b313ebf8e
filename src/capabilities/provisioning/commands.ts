import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';
import { holdsSecret } from './model.ts';

/** Kinds of reset. OCPP 1.6 §7.40. */
export const resetTypes = wordMap({ Hard: 'HARD', Soft: 'SOFT' });
/** A kind of reset. */
export type ResetType = (typeof resetTypes.values)[number];

/** Answers to Reset. OCPP 1.6 §7.39. */
export const resetStatuses = wordMap({ Accepted: 'ACCEPTED', Rejected: 'REJECTED' });

/** Answers to ChangeConfiguration. OCPP 1.6 §7.22. */
export const configurationStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  RebootRequired: 'REBOOT_REQUIRED',
  NotSupported: 'NOT_SUPPORTED',
});
/** An answer to ChangeConfiguration. */
export type ConfigurationStatus = (typeof configurationStatuses.values)[number];

/** A soft reset may wait for a transaction to be stopped and told. */
const rebootWithinMs = 600_000;

/** Restart. Seen through when the charge point boots again. OCPP 1.6 §5.14. */
export const reset = defineCommand<
  { readonly type: ResetType },
  { readonly status: (typeof resetStatuses.values)[number] }
>({
  name: 'reset',
  effect: {
    withinMs: () => rebootWithinMs,
    promised: ({ status }) => status === 'ACCEPTED',
    seen: (signal) =>
      signal.kind === 'event' && signal.event.type === 'CHARGE_POINT_BOOTED'
        ? { rebootedAt: signal.event.receivedAt }
        : undefined,
  },
});

/** A configuration key as a charge point reports it. */
export interface ReportedKey {
  readonly key: string;
  readonly readonly: boolean;
  readonly value?: string;
}

/** What stands in the record for a secret. */
const hidden = '***';

/** Some stations give secrets away when asked for everything.. */
function withoutSecrets(response: unknown): unknown {
  const { configurationKey: keys, ...rest } = response as { configurationKey?: unknown }; // an answered payload is an object
  if (!Array.isArray(keys)) return response;
  const shown = keys.map((entry: unknown) => {
    const isSecret = typeof entry === 'object' && entry !== null && 'key' in entry && holdsSecret(String(entry.key));
    return isSecret && 'value' in entry ? { ...entry, value: hidden } : entry;
  });
  return { ...rest, configurationKey: shown };
}

/** Read settings: those named, else all. OCPP 1.6 §5.8. */
export const getConfiguration = defineCommand<
  {
    readonly keys?: readonly string[];
    /** Ids of the commands that ask for the other keys of the same wish, because one message may not name so many. CFG-1. */
    readonly parts?: readonly string[];
  },
  { readonly configurationKeys: readonly ReportedKey[]; readonly unknownKeys: readonly string[] }
>({ name: 'getConfiguration', priority: 'BULK', repeatable: true, redactResponse: withoutSecrets });

/** Write one setting. OCPP 1.6 §5.3. */
export const changeConfiguration = defineCommand<
  { readonly key: string; readonly value: string },
  { readonly status: ConfigurationStatus }
>({
  name: 'changeConfiguration',
  repeatable: true,
  redact: (input, request) =>
    holdsSecret(input.key)
      ? { input: { ...input, value: hidden }, request: { key: input.key, value: hidden } }
      : { input, request },
});
