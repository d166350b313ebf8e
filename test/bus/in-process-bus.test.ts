import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { describeBus } from './bus-suite.ts';

describeBus('the in-process bus', async () => {
  const clock = createManualClock();
  return {
    bus: createInProcessBus({ clock }),
    settle: () => Promise.resolve(),
    pass: async (ms) => clock.advance(ms),
  };
});
