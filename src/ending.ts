import { createHookCalls } from './auth/call-hooks.js';
import { deleteAgain } from './auth/delete-again.js';
import { createDoubt } from './auth/doubt.js';
import type { EndingParts } from './auth/finish-ending.js';
import type { Hooks } from './auth/hooks.js';
import { createSweep, type Sweep } from './auth/sweep.js';
import { type Sweeper, startSweeper } from './auth/sweeper.js';
import type { Closers } from './lib/closers.js';
import { describeCause, type Log } from './observe/log.js';
import type { LostPart, Redis, RedisEvents } from './redis.js';
import { createSessionCache, type SessionCache } from './sessions/session-cache.js';
import type { SessionStore } from './sessions/session-store.js';
import type { Database } from './sql/database.js';
import type { Stores } from './stores.js';

export interface Ending {
  readonly cache: SessionCache;
  /** What every verb that ends sessions needs. */
  readonly ending: EndingParts;
  readonly sweep: Sweep;
  readonly sweeper: Sweeper;
  /** For a store that may have come back from an older state. */
  deleteAgain(): void;
}

/** Of the two seconds between rounds: a four-hundredth, or a quarter. */
const CLEANING_MS = { inProcess: 5, elsewhere: 500 };

/** Connects all that makes an ended session stay ended: the cache that forgets, the others that are told, the sweep. */
export async function composeEnding(parts: {
  database: Database;
  sessionStore: SessionStore;
  redis: Redis | null;
  log: Log;
  closers: Closers;
  now: () => number;
  elapsedMs: () => number;
  cacheSize: number;
  sweepEveryMs: number | null;
  auditRetentionMs: number;
  /** What a back-end developer wants to be told. */
  hooks: Hooks;
  /** Where SQL's work is done by this process, every request waits for it. */
  isSqlInProcess: boolean;
}): Promise<Ending> {
  const { database, sessionStore, redis, log, closers, now, elapsedMs } = parts;
  const warn = (sentence: string) => (error: unknown) => log.warn(describeCause(error), sentence);
  const doubt = createDoubt({
    ...{ database, sessionStore },
    deleteAgain: (signal) =>
      deleteAgain({ database, sessionStore }, warn('what has ended is not deleted again yet'), signal),
  });
  const cache = createSessionCache({ store: doubt, maxEntries: parts.cacheSize, now, elapsedMs });
  const hooks = createHookCalls(parts.hooks, log);
  closers.add(hooks.close);
  const ending = { database, sessionStore, forget: await tellOfEnds(redis, cache, log, closers), hooks };
  const sweep = createSweep({
    ...ending,
    ...{ now, elapsedMs, auditRetentionMs: parts.auditRetentionMs },
    cleaningMs: CLEANING_MS[parts.isSqlInProcess ? 'inProcess' : 'elsewhere'],
    onFailure: warn('the sweep did not get through'),
  });
  const sweeper = startSweeper(sweep, {
    everyMs: parts.sweepEveryMs,
    onFailure: warn('what had ended before the start is not deleted yet'),
  });
  closers.add(sweeper.close);
  // Nobody was there to notice it: a Redis may have come back while no gateway ran.
  if (redis !== null) doubt.begin();
  closers.add(doubt.close);
  return {
    ...{ cache, ending, sweep, sweeper },
    deleteAgain: () => {
      log.warn('another Redis answers, or in another role: what has ended is deleted again');
      doubt.begin();
    },
  };
}

const LOST: Readonly<Record<LostPart, string>> = {
  all: 'Redis does not answer',
  'a node': 'a node of the Redis cluster does not answer',
  'some keys': 'nobody in the Redis cluster holds some of the sessions',
};

/** One line when it is lost, and one when all of it is back. */
export function reportOutages(log: Log): RedisEvents {
  return {
    onLost: (error, part) => log.warn(describeCause(error), LOST[part]),
    onBack: () => log.info('Redis answers again'),
  };
}

/** What has ended is dropped here at once, and told to the other processes if there is a way to. */
async function tellOfEnds(
  redis: Redis | null,
  cache: SessionCache,
  log: Log,
  closers: Closers,
): Promise<(tokenHashes: readonly string[]) => void> {
  if (redis === null) return cache.drop;
  // Loaded where they are used, as in stores.ts.
  const { createEndedChannel } = await import('./sessions/ended-channel.js');
  const { remarkOnRedisSettings } = await import('./redis-settings.js');
  const channel = createEndedChannel(redis, {
    onEnded: cache.drop,
    onRefused: (error) =>
      log.warn(describeCause(error), 'Redis publishes nothing: other processes hear of ends within 1 s'),
    onBack: () => log.info('Redis publishes again'),
  });
  closers.add(channel.close);
  const stopLooking = remarkOnRedisSettings(redis, ({ level, message }) => log[level](message));
  closers.add(async () => stopLooking());
  return (tokenHashes) => {
    cache.drop(tokenHashes);
    channel.publish(tokenHashes);
  };
}

/** Sessions that ended before the start may still be in their store: until they are deleted, it is not to be asked. */
export function readinessChecks({ checks }: Stores, { isReady }: Sweeper): Stores['checks'] {
  const { sessions = async () => undefined, ...others } = checks;
  const refuse = async () => Promise.reject(new Error('what had ended before the start is not deleted yet'));
  return { ...others, sessions: () => (isReady() ? sessions() : refuse()) };
}
