export { runSimulator } from './simulator.ts';
