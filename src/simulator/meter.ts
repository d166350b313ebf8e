import type { Clock } from '../kernel/clock.ts';
import { type Car, charge, powerW } from './car.ts';
import { type MeterValue, meterValue, phasesFor, type Reading } from './readings.ts';

/** Why a transaction ended. OCPP 1.6 §7.36; the ones that the simulator knows. */
export type StopReason = 'Local' | 'Remote' | 'DeAuthorized' | 'SoftReset' | 'HardReset' | 'UnlockCommand';

/** The meter of one connector. Its register only grows. */
export interface Meter {
  /** A look at meter and car now. */
  read(): Reading;
  /** A car is there and takes energy from now on; or, with `undefined`, no more. */
  connect(car: Car | undefined): void;
  /** Lets energy flow, or holds it back. */
  setFlowing(isFlowing: boolean): void;
  /** The car as it is now. */
  car(): Car | undefined;
}

/** A meter that has counted `startWh` before. Energy flows `speed` times as fast as from a real charge point. */
export function createMeter(options: {
  readonly clock: Clock;
  readonly speed: number;
  readonly startWh: number;
  readonly powerMaxW: number;
  readonly random: () => number;
}): Meter {
  const { clock, speed, powerMaxW, random } = options;
  let baseWh = options.startWh; // before this car
  let car: Car | undefined;
  let isFlowing = false;
  let countedAt = clock.now().getTime();

  /** Counts what has flowed since the last look. */
  const count = (): void => {
    const now = clock.now().getTime();
    const elapsedMs = Math.max(0, now - countedAt); // the time of day may be set back
    countedAt = now;
    if (car === undefined || !isFlowing) return;
    car = charge(car, elapsedMs * speed);
  };

  /** Adding up each small flow would lose a watt-hour to rounding now and then; the sum of the car does not. */
  const registerWh = () => baseWh + (car?.takenWh ?? 0);

  return {
    read() {
      count();
      return {
        at: clock.now(),
        registerWh: registerWh(),
        powerW: car !== undefined && isFlowing ? powerW(car) * speed : 0,
        phases: phasesFor(powerMaxW),
        voltageV: 229 + 2 * random(),
        ...(car === undefined ? {} : { socPercent: car.socPercent }),
      };
    },
    connect(next) {
      count();
      baseWh = registerWh();
      car = next;
      isFlowing = false;
    },
    setFlowing(next) {
      count();
      isFlowing = next;
    },
    car() {
      count();
      return car;
    },
  };
}

/** The transactionData of a StopTransaction: register at the begin and at the end. Absent when the hub wants none. */
export function transactionData(begin: Reading, end: Reading, asked: readonly string[]): MeterValue[] | undefined {
  const first = meterValue(begin, asked, 'Transaction.Begin');
  const last = meterValue(end, asked, 'Transaction.End');
  const data = [first, last].filter((value) => value !== undefined);
  return data.length === 0 ? undefined : data;
}
