import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';

/** Answers to ClearCache; `REJECTED` also when there is no cache. CLC-1. */
export const clearCacheStatuses = wordMap({ Accepted: 'ACCEPTED', Rejected: 'REJECTED' });

/** Forget all cached authorizations. OCPP 1.6 §5.4. */
export const clearCache = defineCommand<
  Record<never, never>,
  { readonly status: (typeof clearCacheStatuses.values)[number] }
>({ name: 'clearCache', repeatable: true });
