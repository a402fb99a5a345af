import type { FaultGroup } from './fault.js';
import { inputFaults } from './input.js';
import { passwordFaults } from './passwords.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './process.js';
import { protocolFaults } from './protocol.js';
import { protocolTimesFaults } from './protocol-times.js';
import { redisFaults } from './redis.js';
import { sessionFaults } from './sessions.js';
import { sqliteFaults } from './sqlite.js';
import { upstreamFaults } from './upstream.js';
import { wechatFaults } from './wechat.js';

/** Every fault, by the place it comes from. */
export const faultGroups: readonly FaultGroup[] = [
  upstreamFaults,
  redisFaults,
  sqliteFaults,
  postgresFaults,
  inputFaults,
  processFaults,
  sessionFaults,
  protocolFaults,
  protocolTimesFaults,
  passwordFaults,
  wechatFaults,
];
