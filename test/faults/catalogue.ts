import type { FaultGroup } from './fault.js';
import { inputFaults } from './input.js';
import { postgresFaults } from './postgres.js';
import { redisFaults } from './redis.js';
import { sessionFaults } from './sessions.js';
import { upstreamFaults } from './upstream.js';

/** Every fault, by the place it comes from. */
export const faultGroups: readonly FaultGroup[] = [
  upstreamFaults,
  redisFaults,
  postgresFaults,
  inputFaults,
  sessionFaults,
];
