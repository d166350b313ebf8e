import type { Clock } from '../../kernel/clock.ts';
import { NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Store } from '../../store/store.ts';
import { type ApiKey, hashSecret, isSecret, newSecret, prefixOf, sameHash } from './model.ts';
import { createApiKeyStore } from './store.ts';

/** How long a key that was good is taken for good without asking again, and so how long a revoked one may live on. */
const rememberMs = 10_000;
const rememberMax = 10_000;

/** API keys: who may use the GraphQL endpoint, and for which tenant. */
export function createAccessOperations({ store, clock }: { store: Store; clock: Clock }) {
  const keys = createApiKeyStore(store);
  const remembered = new Map<string, { key: ApiKey; until: number }>();

  async function create(tenantId: string, name: string): Promise<{ key: ApiKey; secret: string }> {
    if (name.trim() === '' || name.length > 100) throw new ValidationError('name', 'must be 1 to 100 characters');
    const secret = newSecret();
    const now = clock.now();
    const key: ApiKey = {
      _id: newId(now),
      tenantId,
      name,
      prefix: prefixOf(secret),
      hash: hashSecret(secret),
      createdAt: now,
    };
    await keys.insert(key);
    return { key, secret };
  }

  return {
    /** Makes a key. The secret is given this once. Throws ValidationError. */
    create,

    /** Makes the first key of a hub that has none yet, else undefined. The secret is given this once. */
    async createFirst(tenantId: string): Promise<string | undefined> {
      if (await keys.anyExists()) return undefined;
      return (await create(tenantId, 'first key')).secret;
    },

    /** All keys of a tenant, revoked ones too, oldest first. */
    list: (tenantId: string): Promise<ApiKey[]> => keys.list(tenantId),

    /** Ends a key at once on this process, within ten seconds on others. Throws NotFoundError. */
    async revoke(tenantId: string, prefixOrId: string): Promise<void> {
      const ended = await keys.revoke(tenantId, prefixOrId, clock.now());
      if (!ended) throw new NotFoundError('API key', prefixOrId);
      remembered.clear();
    },

    /** Who a secret stands for; undefined when it is none of ours or revoked. */
    async authenticate(secret: string): Promise<Principal | undefined> {
      if (!isSecret(secret)) return undefined;
      const hash = hashSecret(secret);
      const now = clock.now().getTime();
      const known = remembered.get(hash);
      if (known !== undefined && known.until > now) return principalOf(known.key);
      remembered.delete(hash);
      const key = await keys.findByHash(hash);
      if (key === null || key.revokedAt !== undefined || !sameHash(key.hash, hash)) return undefined;
      if (remembered.size >= rememberMax) remembered.clear();
      remembered.set(hash, { key, until: now + rememberMs });
      return principalOf(key);
    },
  };
}

/** API keys. */
export type AccessOperations = ReturnType<typeof createAccessOperations>;

const principalOf = (key: ApiKey): Principal => ({
  tenantId: key.tenantId,
  actor: { kind: 'API_KEY', id: key._id, name: key.name },
});
