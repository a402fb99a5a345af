import type { Clock } from './clock.js';
import type { MenjinError } from './menjin-error.js';

const TRIES = 3;
const ALTOGETHER_MS = 30_000;
const UNTOLD_SECONDS = 1;

/** Waits as long as it was told, and a little more, so that not all phones come back at once. False: it is time to give up. */
export type Patience = (failure: MenjinError) => Promise<boolean>;

/** Of one request or login, from now on. */
export function createPatience(clock: Clock): Patience {
  const giveUpAt = clock.nowMs() + ALTOGETHER_MS;
  let triesLeft = TRIES - 1;

  return async ({ retryAfterSeconds }) => {
    const ms = (retryAfterSeconds || UNTOLD_SECONDS) * 1000 * (1 + clock.chance() / 2);
    triesLeft -= 1;
    return triesLeft >= 0 && clock.nowMs() + ms <= giveUpAt && clock.waitMs(ms);
  };
}
