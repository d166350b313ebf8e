import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';

/** Whether something can do its work. */
export type HealthStatus = 'OK' | 'DEGRADED' | 'DOWN';

/** One part of the hub and how it does. */
export interface HealthCheck {
  readonly name: string;
  readonly status: HealthStatus;
  readonly latencyMs?: number;
  readonly detail?: string;
}

/** How the hub does as a whole: as bad as its worst part. */
export interface Health {
  readonly status: HealthStatus;
  readonly version: string;
  readonly instance: string;
  readonly startedAt: Date;
  readonly eventRetentionSeconds: number;
  readonly connectedChargePoints: number;
  readonly checks: readonly HealthCheck[];
}

/** What the hub says of itself. */
export interface HealthFacts {
  readonly version: string;
  /** Name of this life of this hub process. */
  readonly instance: string;
  readonly eventRetentionSeconds: number;
  /** Open links of this process. */
  readonly connectedChargePoints: () => number;
  /** Parts of the hub beside the database. */
  readonly otherChecks?: () => readonly HealthCheck[];
}

/** A round trip that takes longer is worth knowing. */
const slowMs = 1000;

/** Looks at the parts of the hub. */
export function createHealthOperations({ store, clock, facts }: { store: Store; clock: Clock; facts: HealthFacts }) {
  const startedAt = clock.now();

  async function database(): Promise<HealthCheck> {
    const name = 'database';
    if (!store.isUp()) return { name, status: 'DOWN', detail: 'the database does not answer' };
    try {
      const latencyMs = await store.ping();
      return { name, status: latencyMs > slowMs ? 'DEGRADED' : 'OK', latencyMs };
    } catch {
      return { name, status: 'DOWN', detail: 'the database does not answer' };
    }
  }

  return {
    async health(): Promise<Health> {
      const checks = [await database(), ...(facts.otherChecks?.() ?? [])];
      const worst = (['DOWN', 'DEGRADED'] as const).find((status) => checks.some((check) => check.status === status));
      const { version, instance, eventRetentionSeconds } = facts;
      return {
        status: worst ?? 'OK',
        version,
        instance,
        startedAt,
        eventRetentionSeconds,
        connectedChargePoints: facts.connectedChargePoints(),
        checks,
      };
    },
  };
}

/** Looks at the parts of the hub. */
export type HealthOperations = ReturnType<typeof createHealthOperations>;
