import type { EndingParts } from './auth/finish-ending.js';
import { createSweep, type Sweep } from './auth/sweep.js';
import { type Sweeper, startSweeper } from './auth/sweeper.js';
import type { Closers } from './lib/closers.js';
import { describeCause, type Log } from './observe/log.js';
import type { Redis } from './redis.js';
import { remarkOnRedisSettings } from './redis-settings.js';
import { createEndedChannel } from './sessions/ended-channel.js';
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

/** Connects all that makes an ended session stay ended: the cache that forgets, the others that are told, the sweep. */
export function composeEnding(parts: {
  database: Database;
  sessionStore: SessionStore;
  redis: Redis | null;
  log: Log;
  closers: Closers;
  now: () => number;
  elapsedMs: () => number;
  cacheSize: number;
  sweepEveryMs: number | null;
}): Ending {
  const { database, sessionStore, redis, log, closers, now, elapsedMs } = parts;
  const cache = createSessionCache({ store: sessionStore, maxEntries: parts.cacheSize, now, elapsedMs });
  const ending = { database, sessionStore, forget: tellOfEnds(redis, cache, log, closers) };
  const warn = (sentence: string) => (error: unknown) => log.warn(describeCause(error), sentence);
  const sweep = createSweep({ ...ending, now, elapsedMs, onFailure: warn('the sweep did not get through') });
  const sweeper = startSweeper(sweep, {
    everyMs: parts.sweepEveryMs,
    onFailure: warn('what had ended before the start is not deleted yet'),
  });
  closers.add(sweeper.close);
  return {
    ...{ cache, ending, sweep, sweeper },
    deleteAgain: () => {
      log.warn('another Redis answers, or in another role: what has ended is deleted again');
      sweep.reDelete().catch(warn('what has ended is not deleted again yet'));
    },
  };
}

/** What has ended is dropped here at once, and told to the other processes if there is a way to. */
function tellOfEnds(
  redis: Redis | null,
  cache: SessionCache,
  log: Log,
  closers: Closers,
): (tokenHashes: readonly string[]) => void {
  if (redis === null) return cache.drop;
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
