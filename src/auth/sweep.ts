import { setImmediate as turn } from 'node:timers/promises';
import { forgetClaims } from '../sessions/login-claims.js';
import type { Ending } from '../sessions/session-ends.js';
import { findUnfinished, forgetGone, forgetOver, markAbandoned, unmarkGone } from '../sessions/sweep-rows.js';
import type { Sql } from '../sql/database.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

export interface Sweep {
  /** What is due, in small batches, at most so many. Never throws. */
  round(signal?: AbortSignal): Promise<void>;
  /**
   * Finishes all ends that were marked and not finished, by whomever.
   * @throws AppError SERVICE_UNAVAILABLE when it did not get through.
   */
  unfinishedEnds(signal?: AbortSignal): Promise<void>;
  /**
   * For a store that may have come back from an older state: the next rounds delete again what ended in the last 24 h.
   * @throws AppError SERVICE_UNAVAILABLE when it did not get through.
   */
  reDelete(): Promise<void>;
}

export interface SweepParts extends EndingParts {
  /** The wall clock, and one that only goes forward. */
  readonly now: () => number;
  readonly elapsedMs: () => number;
  /** Called when a round begins to fail, and not again before one went through. */
  readonly onFailure: (error: unknown) => void;
}

const BATCH = 100;
const MAX_BATCHES = 20;
/** Whoever marked an end is about to finish it. */
const FINISHER_MS = 2000;
/**
 * How long a row stays after its end: longer than a login can be repeated, than a late write may take, and than any clock is
 * off. A value stays as long after its `until`.
 */
const KEPT_MS = 86_400_000;
/** A clock that was set, or a machine that slept: what is due is judged again in the next round. */
const MAX_JUMP_MS = 60_000;

/** Every process sweeps, so that whoever was killed is replaced by any other. All of it may be done twice. */
export function createSweep(parts: SweepParts): Sweep {
  const { database, sessionStore, now, elapsedMs, onFailure } = parts;
  let skipped = 0;
  let isFailing = false;
  let last: { wall: number; elapsed: number } | null = null;

  /** Each does one batch and says how much it found: a full batch means that there may be more. */
  const steps: readonly (() => Promise<number>)[] = [
    // A login whose process died has left a value that nobody knows the token of, and so an end to finish.
    () => database.transaction((sql, at) => markAbandoned(sql, at, BATCH)),
    finishSome,
    () => forgetting((sql, before) => forgetOver(sql, before, BATCH)),
    () => forgetting((sql, before) => forgetGone(sql, before, BATCH)),
    () => forgetting((sql, before) => forgetClaims(sql, before, BATCH)),
    () => sessionStore.sweep(now(), BATCH),
  ];

  function forgetting(forgetRows: (sql: Sql, before: number) => Promise<number>): Promise<number> {
    return database.transaction((sql, at) => forgetRows(sql, at - KEPT_MS));
  }

  async function finishSome(): Promise<number> {
    const endings = await database.query((sql, at) =>
      findUnfinished(sql, at - FINISHER_MS, { limit: BATCH, skip: skipped }),
    );
    const failures = await failuresOf(endings);
    // What fails must not keep what comes after it from its turn: one node of a cluster may be away.
    skipped = endings.length < BATCH ? 0 : skipped + failures.length;
    if (failures.length > 0) throw failures[0];
    return endings.length;
  }

  async function failuresOf(endings: readonly Ending[]): Promise<unknown[]> {
    try {
      await finishEnding(parts, endings);
      return [];
    } catch (error) {
      if (sessionStore.refusal() !== null) return endings.map(() => error);
    }
    const outcomes = await Promise.allSettled(endings.map((ending) => finishEnding(parts, [ending])));
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  }

  function hasClockJumped(): boolean {
    const at = { wall: now(), elapsed: elapsedMs() };
    const jumpMs = last === null ? 0 : at.wall - last.wall - (at.elapsed - last.elapsed);
    last = at;
    return Math.abs(jumpMs) > MAX_JUMP_MS;
  }

  async function repeat(step: () => Promise<number>, signal: AbortSignal | undefined): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES && signal?.aborted !== true; batch += 1) {
      if ((await step()) < BATCH) return;
      await turn();
    }
  }

  return {
    round: async (signal) => {
      if (hasClockJumped()) return;
      const failures: unknown[] = [];
      for (const step of steps) await repeat(step, signal).catch((error: unknown) => failures.push(error));
      if (failures.length > 0 && !isFailing) onFailure(failures[0]);
      isFailing = failures.length > 0;
    },
    unfinishedEnds: async (signal) => {
      while (signal?.aborted !== true) {
        const endings = await database.query((sql, at) => findUnfinished(sql, at, { limit: BATCH }));
        if (endings.length === 0) return;
        await finishEnding(parts, endings);
        await turn();
      }
    },
    reDelete: async () => {
      const goneBefore = await database.query(async (_sql, at) => at);
      for (;;) {
        const range = { endedAfter: goneBefore - KEPT_MS, goneBefore, limit: BATCH };
        const found = await database.transaction((sql) => unmarkGone(sql, range));
        if (found < BATCH) return;
        await turn();
      }
    },
  };
}
