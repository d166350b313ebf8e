import type { ChargePointRegistry, RegisteredChargePoint, StationTolerance } from '../../src/gateway/adapter.ts';

interface Entry {
  chargePoint: RegisteredChargePoint;
  password: Buffer | undefined;
  epoch: number;
  isOnline: boolean;
}

/** Charge points for tests of the gateway alone: its port to the registry, without a database behind. */
export interface MemoryRegistry extends ChargePointRegistry {
  add(identity: string, facts?: Partial<Facts>): RegisteredChargePoint;
  setRegistration(identity: string, registration: RegisteredChargePoint['registration'], tenantId?: string): void;
  isOnline(identity: string): boolean;
  /** Every `attached` and `detached` that changed something, in order. */
  readonly history: string[];
  /** Names of what was tolerated, in order. */
  readonly tolerations: string[];
  /** Signs of life by identity. */
  readonly seenCount: Map<string, number>;
  /** Replaced by a test to let calls fail or wait. Runs before `find`, `attached`, `detached`, `registration`. */
  before: (operation: 'find' | 'attached' | 'detached' | 'registration') => Promise<void>;
}

interface Facts {
  readonly isStrict: boolean;
  readonly tolerance: StationTolerance;
  readonly tenantId: string;
  readonly password: string | Buffer;
  readonly registration: RegisteredChargePoint['registration'];
}

export function createMemoryRegistry(): MemoryRegistry {
  const entries = new Map<string, Entry>();
  const key = (tenantId: string, identity: string) => JSON.stringify([tenantId, identity]);
  const entryOf = ({ tenantId, identity }: { tenantId: string; identity: string }): Entry => {
    const entry = entries.get(key(tenantId, identity));
    if (!entry) throw new Error(`no charge point ${identity}`);
    return entry;
  };

  const registry: MemoryRegistry = {
    history: [],
    tolerations: [],
    seenCount: new Map(),
    before: async () => undefined,

    add(identity, { tenantId = 'default', password, registration = 'ACCEPTED', isStrict = false, tolerance } = {}) {
      const chargePoint = {
        tenantId,
        id: `id-${entries.size + 1}`,
        identity,
        hasPassword: password !== undefined,
        isStrict,
        registration,
        tolerance,
      };
      const bytes = password === undefined ? undefined : Buffer.from(password);
      entries.set(key(tenantId, identity), { chargePoint, password: bytes, epoch: 0, isOnline: false });
      return chargePoint;
    },
    setRegistration(identity, registration, tenantId = 'default') {
      const entry = entryOf({ tenantId, identity });
      entry.chargePoint = { ...entry.chargePoint, registration };
    },
    isOnline: (identity) => entryOf({ tenantId: 'default', identity }).isOnline,

    async find(tenantId, identity) {
      await registry.before('find');
      const exact = entries.get(key(tenantId, identity))?.chargePoint;
      return (
        exact ??
        [...entries.values()]
          .map(({ chargePoint }) => chargePoint)
          .find(
            ({ identity: known, tolerance }) =>
              tolerance?.anyIdentityCase === true && known.toLowerCase() === identity.toLowerCase(),
          )
      );
    },
    async autoRegister(tenantId, identity) {
      return registry.add(identity, { tenantId, registration: 'UNKNOWN' });
    },
    async verifyPassword(chargePoint, password) {
      return entryOf(chargePoint).password?.equals(password) ?? false;
    },
    async attached(chargePoint, { version }) {
      await registry.before('attached');
      const entry = entryOf(chargePoint);
      entry.epoch++;
      entry.isOnline = true;
      registry.history.push(`${chargePoint.identity} attached ${entry.epoch} ${version}`);
      return { epoch: entry.epoch };
    },
    async detached(chargePoint, { epoch, code }) {
      await registry.before('detached');
      const entry = entryOf(chargePoint);
      if (entry.epoch !== epoch || !entry.isOnline) return;
      entry.isOnline = false;
      registry.history.push(`${chargePoint.identity} detached ${epoch} ${code}`);
    },
    async registration(chargePoint) {
      await registry.before('registration');
      return entryOf(chargePoint).chargePoint.registration;
    },
    tolerated(_chargePoint, repairs) {
      registry.tolerations.push(...repairs);
    },
    seen({ identity }) {
      registry.seenCount.set(identity, (registry.seenCount.get(identity) ?? 0) + 1);
    },
  };
  return registry;
}
