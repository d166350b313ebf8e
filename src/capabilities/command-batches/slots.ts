/** A number of places that work takes and gives back. */
export interface Slots {
  /** Resolves with the way to give the place back, in order of asking. */
  take(): Promise<() => void>;
}

/** At most `max` places are taken at once. Who asks must be few: the line has no end. */
export function createSlots(max: number): Slots {
  const line: (() => void)[] = [];
  let taken = 0;
  const giveBack = () => {
    const next = line.shift();
    if (next === undefined) taken -= 1;
    else next(); // the place goes over
  };
  return {
    async take() {
      if (taken < max) taken += 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      let isMine = true;
      return () => {
        if (!isMine) return;
        isMine = false;
        giveBack();
      };
    },
  };
}
