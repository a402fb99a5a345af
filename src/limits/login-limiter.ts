import { AppError } from '../errors.js';
import type { Rate } from '../lib/rate.js';
import type { App } from '../platforms/platform.js';
import type { Redis } from '../redis.js';
import { createCounter } from './counter.js';

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
  const count = createCounter(limit, rate, redis);
  return async (key) => {
    const { isOver, retryAfterSeconds } = await count(key);
    if (isOver) throw new AppError('RATE_LIMITED', { retryAfterSeconds, detail: 'too many logins', log: { limit } });
  };
}
