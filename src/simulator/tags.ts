import type { Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';
import type { Configuration } from './configuration.ts';
import { authorizationStatus, expiry } from './hub-answers.ts';

/** Decides whether a tag may charge: asks the hub, or the memory of its earlier answers. OCPP 1.6 §3.4, §3.5. */
export interface Tags {
  /** `Accepted`, or why not, in OCPP's words. */
  authorize(idTag: string): Promise<string>;
  /** Remembers what the hub said of a tag in another answer, e.g. to StartTransaction. */
  learn(idTag: string, response: unknown): void;
  clearCache(): void;
}

export interface TagsOptions {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly isOnline: () => boolean;
  readonly call: (action: string, payload: unknown) => Promise<CallReply>;
  readonly onFailed: (action: string, reply: CallReply) => void;
}

/** Tags remembered; of more, the oldest is forgotten. */
const cacheMax = 100;

export function createTags({ configuration, clock, isOnline, call, onFailed }: TagsOptions): Tags {
  const accepted = new Map<string, Date | undefined>(); // folded tag → until when

  const isCached = (idTag: string): boolean => {
    const key = idTag.toLowerCase();
    const until = accepted.get(key);
    return accepted.has(key) && (until === undefined || until > clock.now());
  };

  const learn = (idTag: string, response: unknown): void => {
    accepted.delete(idTag.toLowerCase());
    if (authorizationStatus(response) !== 'Accepted' || !configuration.flag('AuthorizationCacheEnabled')) return;
    accepted.set(idTag.toLowerCase(), expiry(response));
    const oldest = accepted.keys().next();
    if (accepted.size > cacheMax && oldest.done !== true) accepted.delete(oldest.value);
  };

  const decideOffline = (idTag: string): string => {
    if (configuration.flag('LocalAuthorizeOffline') && isCached(idTag)) return 'Accepted';
    return configuration.flag('AllowOfflineTxForUnknownId') ? 'Accepted' : 'Invalid';
  };

  return {
    async authorize(idTag) {
      if (!isOnline()) return decideOffline(idTag);
      if (configuration.flag('LocalPreAuthorize') && isCached(idTag)) return 'Accepted';
      const reply = await call('Authorize', { idTag });
      if (reply.kind === 'lost') return decideOffline(idTag);
      if (reply.kind !== 'result') {
        onFailed('Authorize', reply);
        return 'Invalid';
      }
      learn(idTag, reply.payload);
      return authorizationStatus(reply.payload);
    },
    learn,
    clearCache: () => accepted.clear(),
  };
}
