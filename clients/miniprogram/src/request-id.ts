import type { Clock } from './clock.js';

let made = 0;

/**
 * A name for one login, different from every other: at most 64 digits and the like. Not beyond guessing, since a mini-program has no such
 * numbers without asking the platform once more; but only together with the code, which is, does it open anything.
 */
export function createRequestId(clock: Clock): string {
  made += 1;
  return [clock.nowMs(), made, clock.chance(), clock.chance()].join('-').replace(/\./g, '');
}
