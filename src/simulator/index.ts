export type { ApiCallRecord } from './api-call-record.js';
export type { ApiPath } from './api-paths.js';
export type { SimulatedApp, SimulatedAppOptions } from './apps.js';
export type { Exchange, Outcome } from './exchange-log.js';
export type { BrokenAnswer, Fault } from './faults.js';
export { SimulatorMisuse } from './misuse.js';
export type { OpenDataKind } from './open-data-payloads.js';
export type {
  AppOptions,
  CodeOptions,
  EncryptOptions,
  FailOptions,
  SimulatedWechat,
  SubscribeOptions,
} from './orders.js';
export type { SimulatedPhoneNumber } from './phone-numbers.js';
export type { SealedOpenData } from './seal-open-data.js';
export type { SimulatedWechatOptions } from './simulated-wechat.js';
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.js';
export type { SentMessage } from './subscribe-message.js';
export type { SimulatedUser, SimulatedUserKind, SimulatedUserOptions } from './users.js';
