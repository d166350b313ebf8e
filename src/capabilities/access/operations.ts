import type { Clock } from '../../kernel/clock.ts';
import { ConflictError, NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import { type Principal, systemPrincipal } from '../../kernel/principal.ts';
import type { Store } from '../../store/store.ts';
import type { TokenVerifier } from './jwt.ts';
import {
  type ApiKey,
  checkNewKey,
  hashSecret,
  isGood,
  isSecret,
  type NewApiKey,
  newSecret,
  overlapSecondsMax,
  prefixOf,
  principalOf,
  sameHash,
} from './model.ts';
import { createApiKeyStore } from './store.ts';

/** How long a key that was good is taken for good without asking again, and so how long a revoked one may live on. */
const rememberMs = 10_000;
const rememberMax = 10_000;

/** A key and its secret, which is given this once. */
export interface KeyWithSecret {
  readonly key: ApiKey;
  readonly secret: string;
}

/** Credentials: who may use the GraphQL endpoint, for which tenant and for what. */
export function createAccessOperations({
  store,
  clock,
  verifyToken,
}: {
  store: Store;
  clock: Clock;
  /** Absent: JSON Web Tokens are not taken. */
  verifyToken?: TokenVerifier | undefined;
}) {
  const keys = createApiKeyStore(store);
  const remembered = new Map<string, { key: ApiKey; until: number }>();
  const endListeners = new Set<(credentialId: string) => void>();

  async function make(tenantId: string, wish: NewApiKey, more: Partial<ApiKey>): Promise<KeyWithSecret> {
    const secret = newSecret();
    const now = clock.now();
    const key: ApiKey = {
      _id: newId(now),
      tenantId,
      name: wish.name,
      prefix: prefixOf(secret),
      hash: hashSecret(secret),
      ...(wish.scopes !== undefined && { scopes: [...new Set(wish.scopes)] }),
      ...(wish.expiresAt !== undefined && { expiresAt: wish.expiresAt }),
      createdAt: now,
      ...more,
    };
    await keys.insert(key);
    return { key, secret };
  }

  async function create(maker: Principal, wish: NewApiKey): Promise<KeyWithSecret> {
    checkNewKey(wish, maker, clock.now());
    return make(maker.tenantId, wish, { createdBy: maker.actor });
  }

  /** Who an API key stands for; undefined when it is none of ours, revoked or expired. */
  async function byKey(secret: string): Promise<Principal | undefined> {
    const hash = hashSecret(secret);
    const now = clock.now();
    const known = remembered.get(hash);
    if (known !== undefined && known.until > now.getTime()) {
      return isGood(known.key, now) ? principalOf(known.key) : undefined;
    }
    remembered.delete(hash);
    const key = await keys.findByHash(hash);
    if (key === null || !isGood(key, now) || !sameHash(key.hash, hash)) return undefined;
    if (remembered.size >= rememberMax) remembered.clear();
    remembered.set(hash, { key, until: now.getTime() + rememberMs });
    return principalOf(key);
  }

  const forget = (credentialId: string): void => {
    remembered.clear();
    for (const listener of endListeners) listener(credentialId);
  };

  return {
    /** Makes a key; it can be allowed what its maker is allowed, no more. Throws ValidationError. */
    create,

    /** Makes the first key of a hub that has none yet, else undefined. The secret is given this once. */
    async createFirst(tenantId: string): Promise<string | undefined> {
      if (await keys.anyExists()) return undefined;
      return (await create(systemPrincipal(tenantId), { name: 'first key' })).secret;
    },

    /** All keys of a tenant, ended ones too, oldest first; at most 1,000. */
    list: (tenantId: string): Promise<ApiKey[]> => keys.list(tenantId),
    page: (tenantId: string, request: PageRequest): Promise<Page<ApiKey>> => keys.page(tenantId, request),
    findMany: (tenantId: string, ids: readonly string[]): Promise<ApiKey[]> => keys.findMany(tenantId, ids),

    /** Ends a key at once on this process, within ten seconds on others. Throws NotFoundError. */
    async revoke(tenantId: string, prefixOrId: string): Promise<ApiKey> {
      const ended = await keys.revoke(tenantId, prefixOrId, clock.now());
      if (ended === null) throw new NotFoundError('living API key', prefixOrId);
      forget(ended._id);
      return ended;
    },

    /**
     * A new key of the same name and scopes; the old one ends after the overlap. Throws NotFoundError, ValidationError, and
     * ConflictError when the old one has ended or a rotation of it is under way.
     */
    async rotate(
      maker: Principal,
      id: string,
      { overlapSeconds, expiresAt }: { overlapSeconds: number; expiresAt?: Date | undefined },
    ): Promise<KeyWithSecret & { readonly previous: ApiKey }> {
      if (!(overlapSeconds >= 0 && overlapSeconds <= overlapSecondsMax)) {
        throw new ValidationError('input.overlapSeconds', `must be 0 to ${overlapSecondsMax}`);
      }
      const [old] = await keys.findMany(maker.tenantId, [id]);
      if (old === undefined) throw new NotFoundError('API key', id);
      const wish = { name: old.name, scopes: old.scopes, expiresAt };
      const now = clock.now();
      checkNewKey(wish, maker, now);
      const end = new Date(now.getTime() + overlapSeconds * 1000);
      // the new one first: a crash in between leaves a key too many, whose secret nobody has, and not one too few
      const made = await make(maker.tenantId, wish, { createdBy: maker.actor, rotatedFrom: id });
      const isGoodYet = isGood(old, now);
      const lastDay = old.expiresAt !== undefined && old.expiresAt < end ? old.expiresAt : end;
      const previous = isGoodYet ? await keys.endAt(old, lastDay) : null;
      if (previous === null) {
        await keys.revoke(maker.tenantId, made.key._id, now);
        throw new ConflictError('the key has ended, or was rotated before');
      }
      forget(id);
      return { ...made, previous };
    },

    /** Who a credential stands for, an API key or a JSON Web Token; undefined when it is not good. */
    async authenticate(credential: string): Promise<Principal | undefined> {
      if (isSecret(credential)) return byKey(credential);
      return verifyToken?.(credential, clock.now());
    },

    /** Tells of every key that this process ends or changes. */
    onEnded(listener: (credentialId: string) => void): () => void {
      endListeners.add(listener);
      return () => endListeners.delete(listener);
    },
  };
}

/** Credentials. */
export type AccessOperations = ReturnType<typeof createAccessOperations>;
