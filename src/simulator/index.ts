export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.js';
export type { SimulatedUser, SimulatedUserOptions } from './users.js';
