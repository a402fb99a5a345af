import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../lib/rate.js';
import type { Redis, RedisClient } from '../redis.js';
import { createBoundedMemory } from './bounded-memory.js';
import { rateLimiters } from './rate-limiter-flexible.js';

/** What a key has come to, this time included. */
export interface Counted {
  /** In the present window. */
  readonly count: number;
  readonly isOver: boolean;
  /** Until the window ends. */
  readonly retryAfterSeconds: number;
  /** Takes this time back, where it was counted. Never throws: what cannot be taken back stays counted. */
  giveBack(): Promise<void>;
}

export type Counter = (key: string) => Promise<Counted>;

/** What is given back later than this before the end of its window might begin the next one. */
const MARGIN_MS = 1000;

/**
 * Counts by key, over all processes.
 *
 * @param redis where processes count together; null, or one that does not answer: each counts for itself
 */
export function createCounter(name: string, rate: Rate, redis: Redis | null): Counter {
  const options = { keyPrefix: `menjin:limit:${name}`, points: rate.count, duration: rate.windowSeconds };
  const memory = createBoundedMemory(options);
  const limiters = new WeakMap<RedisClient, RateLimiterRedis>();

  /** A cluster has a client for each of its nodes. */
  function sharedOver(client: RedisClient): RateLimiterRedis {
    const { RateLimiterRedis } = rateLimiters();
    const shared =
      limiters.get(client) ?? new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: true });
    limiters.set(client, shared);
    return shared;
  }

  async function inMemory(key: string): Promise<Counted> {
    const outcome = await outcomeOf(memory(key));
    return counted(outcome, rate, () => outcomeOf(memory(key, -1)));
  }

  return async (key) => {
    if (redis === null) return inMemory(key);
    const place = `${options.keyPrefix}:${key}`;
    const shared = () => redis.ask((client) => outcomeOf(sharedOver(client).consume(key)), place);
    const giveBack = () => redis.ask((client) => sharedOver(client).reward(key), place);
    // A store that blinks must stop no login, nor let any number of them through.
    return shared().then(
      (outcome) => counted(outcome, rate, giveBack),
      () => inMemory(key),
    );
  };
}

function counted(outcome: RateLimiterRes, rate: Rate, giveBack: () => Promise<unknown>): Counted {
  const { consumedPoints: count, msBeforeNext } = outcome;
  const goodUntil = performance.now() + msBeforeNext - MARGIN_MS;
  return {
    count,
    isOver: count > rate.count,
    // No longer than a window, should the clock on the wall have been turned back.
    retryAfterSeconds: Math.min(Math.max(1, Math.ceil(msBeforeNext / 1000)), rate.windowSeconds),
    giveBack: async () => {
      if (performance.now() < goodUntil) await giveBack().catch(() => undefined);
    },
  };
}

/** The library rejects with its count when that is above the limit. */
function outcomeOf(consumed: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  return consumed.catch((refused: unknown) => {
    if (refused instanceof rateLimiters().RateLimiterRes) return refused;
    throw refused;
  });
}
