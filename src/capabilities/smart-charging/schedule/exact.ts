/** An exact fraction: limits are divided by voltages, and a rounding on the way would move a limit by a step. `d` > 0. */
export interface Exact {
  readonly n: bigint;
  readonly d: bigint;
}

/**
 * A decimal number as whole tenths. One decimal is exact, as `0.1 + 0.2` in binary is not; what has more decimals is
 * rounded down, because a limit must not grow. SC-6.
 */
export function tenthsOf(value: number): Exact {
  const scaled = value * 10;
  const nearest = Math.round(scaled);
  return { n: BigInt(nearest / 10 === value ? nearest : Math.floor(scaled)), d: 1n };
}

/** The number with one decimal that is not above `tenths`. */
export function decimalBelow({ n, d }: Exact): number {
  const floor = n / d - (n % d < 0n ? 1n : 0n);
  return Number(floor) / 10;
}

export const times = (a: Exact, b: Exact): Exact => ({ n: a.n * b.n, d: a.d * b.d });

/** `b` must be positive. */
export const dividedBy = (a: Exact, b: Exact): Exact => ({ n: a.n * b.d, d: a.d * b.n });

export const isBelow = (a: Exact, b: Exact): boolean => a.n * b.d < b.n * a.d;

/** Reduced, so that a sum over many connectors stays short. */
export function plus(a: Exact, b: Exact): Exact {
  const n = a.n * b.d + b.n * a.d;
  const d = a.d * b.d;
  const divisor = greatestDivisor(n < 0n ? -n : n, d);
  return { n: n / divisor, d: d / divisor };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}
