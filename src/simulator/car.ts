/** The battery and the charge of one car, as the energy flows in. Values only; `charge` makes the next one. */
export interface Car {
  readonly batteryWh: number;
  /** State of charge, 0 to 100 %. */
  readonly socPercent: number;
  /** What the charge point and the car can do together, in watts. */
  readonly powerMaxW: number;
  /** The driver has enough after this much, in watt-hours. */
  readonly wantedWh: number;
  /** Taken so far, in watt-hours. Never falls and never exceeds `wantedWh`. */
  readonly takenWh: number;
  /** For how long it has been charging, in simulated milliseconds. */
  readonly chargingMs: number;
}

/** Power rises over this time, as a car does when it begins. */
const rampMs = 20_000;
/** Above this state of charge the power falls. */
const taperFromPercent = 80;
/** What is left of the power just before the battery is full. */
const taperEnd = 0.1;
const stepMs = 1_000;
const stepsMax = 2_000;

/** Power that the car takes now, in watts: a ramp, a plateau, a taper above 80 %, nothing when it is full or has enough. */
export function powerW(car: Car): number {
  if (car.takenWh >= car.wantedWh || car.socPercent >= 100) return 0;
  const ramp = Math.min(1, 0.1 + (0.9 * car.chargingMs) / rampMs);
  const above = Math.max(0, car.socPercent - taperFromPercent) / (100 - taperFromPercent);
  return car.powerMaxW * ramp * (1 - (1 - taperEnd) * above);
}

/** The car after it has been charged for `durationMs` of its own time. A negative duration counts as none. */
export function charge(car: Car, durationMs: number): Car {
  const steps = Math.min(stepsMax, Math.ceil(Math.max(0, durationMs) / stepMs));
  let next = car;
  for (let step = 0; step < steps; step += 1) next = grow(next, durationMs / steps);
  return next;
}

/** Until the car is full or has enough, in simulated milliseconds; a step too long rather than too short. */
export function remainingMs(car: Car): number {
  let ms = 0;
  for (let next = car; powerW(next) > 0; next = grow(next, stepMs * 10)) ms += stepMs * 10;
  return ms;
}

/** Whether the battery can take no more. */
export const isFull = (car: Car): boolean => car.socPercent >= 100;

function grow(car: Car, ms: number): Car {
  const roomWh = (car.batteryWh * (100 - car.socPercent)) / 100;
  const flowWh = Math.min((powerW(car) * ms) / 3_600_000, car.wantedWh - car.takenWh, roomWh);
  // what is left of a float comparison must not keep a car at 99.999999 % forever
  const soc = roomWh - flowWh < 0.5 ? 100 : car.socPercent + (flowWh / car.batteryWh) * 100;
  return { ...car, takenWh: car.takenWh + flowWh, socPercent: soc, chargingMs: car.chargingMs + ms };
}

/** A car as it comes to the charge point: 15 to 40 % full, and sometimes full before its driver has enough. `random`: 0 to 1, without 1. */
export function newCar(wish: {
  readonly powerMaxW: number;
  readonly wantedWh: number;
  readonly random: () => number;
}): Car {
  const { powerMaxW, wantedWh, random } = wish;
  const batteryWh = Math.max(60_000, wantedWh * 1.5);
  return { batteryWh, socPercent: 15 + 25 * random(), powerMaxW, wantedWh, takenWh: 0, chargingMs: 0 };
}
