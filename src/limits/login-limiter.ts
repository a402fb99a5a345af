import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../errors.js';
import type { Rate } from '../lib/rate.js';
import type { App } from '../platforms/platform.js';
import type { Redis, RedisClient } from '../redis.js';
import { createBoundedMemory } from './bounded-memory.js';

export interface LoginAttempt {
  /** What `addressBlock` made of the sender's address. */
  readonly addressBlock: string;
  readonly app: App;
}

/** Counts one attempt to log in. @throws AppError RATE_LIMITED with `retryAfterSeconds` */
export type LoginLimiter = (attempt: LoginAttempt) => Promise<void>;

export interface LoginLimits {
  /** null: no limit. */
  readonly perIp: Rate | null;
  readonly perApp: Rate | null;
  /** Where processes count together; null, or one that does not answer: each counts for itself. */
  readonly redis: Redis | null;
}

export function createLoginLimiter({ perIp, perApp, redis }: LoginLimits): LoginLimiter {
  const limitPerIp = createLimit('ip', perIp, redis);
  const limitPerApp = createLimit('app', perApp, redis);
  return async ({ addressBlock, app }) => {
    await limitPerIp(addressBlock);
    // After it: one address alone cannot use up what the app has for everybody.
    await limitPerApp(`${app.platform}:${app.appid}`);
  };
}

function createLimit(limit: 'ip' | 'app', rate: Rate | null, redis: Redis | null): (key: string) => Promise<void> {
  if (rate === null) return async () => undefined;
  const options = { keyPrefix: `menjin:limit:${limit}`, points: rate.count, duration: rate.windowSeconds };
  const memory = createBoundedMemory(options);
  const limiters = new WeakMap<RedisClient, RateLimiterRedis>();

  /** A cluster has a client for each of its nodes. */
  function sharedOver(client: RedisClient): RateLimiterRedis {
    const shared =
      limiters.get(client) ?? new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: true });
    limiters.set(client, shared);
    return shared;
  }

  async function consume(key: string): Promise<RateLimiterRes> {
    if (redis === null) return outcomeOf(memory(key));
    // A store that blinks must stop no login, nor let any number of them through.
    return redis
      .ask((client) => outcomeOf(sharedOver(client).consume(key)), `${options.keyPrefix}:${key}`)
      .catch(() => outcomeOf(memory(key)));
  }

  return async (key) => {
    const { consumedPoints, msBeforeNext } = await consume(key);
    if (consumedPoints <= rate.count) return;
    // No longer than a window, should the clock on the wall have been turned back.
    const retryAfterSeconds = Math.min(Math.max(1, Math.ceil(msBeforeNext / 1000)), rate.windowSeconds);
    throw new AppError('RATE_LIMITED', { retryAfterSeconds, detail: 'too many logins', log: { limit } });
  };
}

/** The library rejects with its count when that is above the limit. */
function outcomeOf(consumed: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  return consumed.catch((refused: unknown) => {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  });
}
