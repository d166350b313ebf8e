import type { Clock } from '../kernel/clock.ts';
import type { SimulatedChargePoint } from './charge-point.ts';
import type { ChargeResult, Connector } from './connector.ts';
import { pause } from './pace.ts';

export interface DriverOptions {
  readonly chargePoint: SimulatedChargePoint;
  readonly connector: Connector;
  readonly idTag: string;
  /** How often drivers come; `Infinity`: again and again. */
  readonly sessions: number;
  /** The clock of cars and drivers. */
  readonly carClock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** From the start to the first driver, and from one driver to the next: at least, and at most more. In milliseconds. */
const firstMs = { least: 1_000, more: 4_000 };
const nextMs = { least: 30_000, more: 60_000 };

/**
 * Drivers come to one connector, one after the other, and charge. Resolves with the sessions that were completed when all have come, or when
 * the signal is aborted. A session that the hub ends remotely counts as completed; one that a restart interrupts is begun anew.
 */
export async function drive(options: DriverOptions): Promise<number> {
  const { chargePoint, connector, carClock, random, signal } = options;
  const results: ChargeResult[] = [];
  for (let gap = firstMs; results.length < options.sessions && !signal.aborted; gap = nextMs) {
    await pause(carClock, gap.least + gap.more * random(), signal);
    await connector.whenFree(signal);
    if (signal.aborted) break;
    const result = await chargePoint.charge(connector, options.idTag);
    if (result !== 'interrupted') results.push(result);
  }
  return results.filter((result) => result === 'completed').length;
}
