export type { SimulatedApp, SimulatedAppOptions } from './apps.js';
export type { Exchange, Outcome } from './exchange-log.js';
export type { BrokenAnswer, Fault } from './faults.js';
export { SimulatorMisuse } from './misuse.js';
export type { CodeOptions, FailOptions, SimulatedWechat, SimulatedWechatOptions } from './simulated-wechat.js';
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.js';
export type { SimulatedUser, SimulatedUserKind, SimulatedUserOptions } from './users.js';
