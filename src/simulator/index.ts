export type { SimulatedApp, SimulatedAppOptions } from './apps.js';
export type { Exchange, Outcome } from './exchange-log.js';
export type { BrokenAnswer, Fault } from './faults.js';
export { SimulatorMisuse } from './misuse.js';
export {
  type CodeOptions,
  createSimulator,
  type FailOptions,
  type Simulator,
  type SimulatorOptions,
} from './simulator.js';
export type { SimulatedUser, SimulatedUserKind, SimulatedUserOptions } from './users.js';
