export { runSimulator, type SimulatorIo } from './simulator.ts';
