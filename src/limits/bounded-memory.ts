import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { sha256Hex } from '../lib/bytes.js';
import { rateLimiters } from './rate-limiter-flexible.js';

/** About 30 MB of counters. */
const MAX_KEYS = 100_000;
const SHARED_KEYS = 1024;

/**
 * Counts in this process, in bounded memory: while there are too many keys, the next ones share counters.
 *
 * @param duration in seconds
 * @returns counts a key once more, or once less: to take back what counts still
 */
export function createBoundedMemory(
  options: { readonly keyPrefix: string; readonly points: number; readonly duration: number },
  maxKeys = MAX_KEYS,
): (key: string, points?: 1 | -1) => Promise<RateLimiterRes> {
  let memory: RateLimiterMemory | null = null;
  const windowMs = options.duration * 1000;
  // A key lives for one window from its first count, so these two windows have seen all that live. The library forgets
  // keys by timers, which do not follow the clock on the wall.
  let window = 0;
  let newInWindow = 0;
  let newBefore = 0;
  let underWay = 0;

  function counters(): RateLimiterMemory {
    const { RateLimiterMemory } = rateLimiters();
    memory ??= new RateLimiterMemory(options);
    return memory;
  }

  function isFull(): boolean {
    const current = Math.floor(performance.now() / windowMs);
    if (current !== window) {
      newBefore = current === window + 1 ? newInWindow : 0;
      newInWindow = 0;
      window = current;
    }
    return newInWindow + newBefore + underWay >= maxKeys;
  }

  return async (key, points = 1) => {
    const counted = isFull() ? sharedKeyOf(key) : key;
    const noteNew = (outcome: RateLimiterRes) => {
      underWay -= 1;
      if (outcome.isFirstInDuration) newInWindow += 1;
    };
    const consumed = counters().consume(counted, points);
    underWay += 1;
    consumed.then(noteNew, noteNew);
    return consumed;
  };
}

function sharedKeyOf(key: string): string {
  return `shared:${Number.parseInt(sha256Hex(key).slice(0, 8), 16) % SHARED_KEYS}`;
}
