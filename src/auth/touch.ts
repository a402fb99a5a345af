import { AppError } from '../errors.js';
import { DeadlineError, withDeadline } from '../lib/deadline.js';
import { createSingleFlight } from '../lib/single-flight.js';
import { idleEnd, type Lifetimes, touchIntervalMs } from '../sessions/lifetimes.js';
import { extend } from '../sessions/session-rows.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { SessionValue } from '../sessions/session-value.js';
import type { Database } from '../sql/database.js';

/** Writes a use of the session down when it is due: its value as it is now, or 'ended' when its row says so. */
export type Touch = (tokenHash: string, value: SessionValue) => SessionValue | Promise<SessionValue | 'ended'>;

/** How long nobody is touched after SQL or the session store did not answer: sessions stay good meanwhile. */
const PAUSE_MS = 30_000;

/** A request waits this long for its touch; the write goes on without it. */
const PATIENCE_MS = 500;

export function createTouch(parts: {
  database: Database;
  sessionStore: SessionStore;
  lifetimes: Lifetimes;
  now: () => number;
  /** Called when a value is not there any more as it was. */
  drop?: (tokenHashes: readonly string[]) => void;
}): Touch {
  const { database, sessionStore, lifetimes, now, drop = () => undefined } = parts;
  const inFlight = createSingleFlight<SessionValue | 'ended'>();
  const intervalMs = touchIntervalMs(lifetimes);
  let pausedUntil = 0;

  async function write(tokenHash: string, value: SessionValue): Promise<SessionValue | 'ended'> {
    const touchedAt = now();
    const until = idleEnd(lifetimes, touchedAt, value.absUntil);
    // SQL first: the row must never say an earlier end than the value.
    const isOpen = await database.transaction((sql) => extend(sql, value.sid, until, touchedAt));
    if (!isOpen) {
      await sessionStore.delete(tokenHash).catch(() => undefined);
      drop([tokenHash]);
      return 'ended';
    }
    const touched = { ...value, touchedAt, until: Math.max(value.until, until) };
    // Only ever over a value that is there: a set would bring back a session that ended while we wrote.
    await sessionStore.replace(tokenHash, touched, touchedAt);
    drop([tokenHash]);
    return touched;
  }

  async function touch(tokenHash: string, value: SessionValue): Promise<SessionValue | 'ended'> {
    try {
      return await withDeadline(
        inFlight(tokenHash, () => write(tokenHash, value)),
        PATIENCE_MS,
      );
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof DeadlineError)) throw error;
      pausedUntil = now() + PAUSE_MS;
      return value;
    }
  }

  return (tokenHash, value) => {
    const isDue = now() - value.touchedAt > intervalMs && now() >= pausedUntil;
    return isDue ? touch(tokenHash, value) : value;
  };
}
