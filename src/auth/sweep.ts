import { setImmediate as turn } from 'node:timers/promises';
import { forgetEvents } from '../audit/forget-events.js';
import { forgetClaims } from '../sessions/login-claims.js';
import type { Ending } from '../sessions/session-ends.js';
import { findUnfinished, forgetGone, forgetOver, markAbandoned } from '../sessions/sweep-rows.js';
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
}

export interface SweepParts extends EndingParts {
  /** How long events are kept. */
  readonly auditRetentionMs: number;
  /** The wall clock, and one that only goes forward. */
  readonly now: () => number;
  readonly elapsedMs: () => number;
  /** How much of a round may go into cleaning, beside one small batch of each kind. */
  readonly cleaningMs: number;
  /** Called when a round begins to fail, and not again before one went through. */
  readonly onFailure: (error: unknown) => void;
}

const BATCH = 100;
const MAX_BATCHES = 20;
/** Nobody waits for what is only cleaned away. */
const CLEANING_BATCH = 20;
/** Whoever marked an end is about to finish it. */
const FINISHER_MS = 2000;
/**
 * How long a row stays after its end: longer than a login can be repeated, than a late write may take, and than any clock is
 * off. A value stays as long after its `until`.
 */
export const KEPT_MS = 86_400_000;
/** A clock that was set, or a machine that slept: what is due is judged again in the next round. */
const MAX_JUMP_MS = 60_000;

/** Does one batch and says how much it found: a full batch means that there may be more. */
type Step = () => Promise<number>;

interface Steps {
  readonly steps: readonly Step[];
  readonly batch: number;
  readonly isOver: () => boolean;
}

/** Every process sweeps, so that whoever was killed is replaced by any other. All of it may be done twice. */
export function createSweep(parts: SweepParts): Sweep {
  const { database, sessionStore, auditRetentionMs, now, elapsedMs, cleaningMs, onFailure } = parts;
  let skipped = 0;
  let isFailing = false;
  let last: { wall: number; elapsed: number } | null = null;

  const ending: readonly Step[] = [
    // A login whose process died has left a value that nobody knows the token of, and so an end to finish.
    () => database.transaction((sql, at) => markAbandoned(sql, at, BATCH)),
    finishSome,
  ];
  const cleaning: readonly Step[] = [
    () => forgetting((sql, before) => forgetOver(sql, before, CLEANING_BATCH)),
    () => forgetting((sql, before) => forgetGone(sql, before, CLEANING_BATCH)),
    () => forgetting((sql, before) => forgetClaims(sql, before, CLEANING_BATCH)),
    () => database.transaction((sql, at) => forgetEvents(sql, at - auditRetentionMs, CLEANING_BATCH)),
    () => sessionStore.sweep(now(), CLEANING_BATCH),
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

  /** At least one batch of each, and more of it while they are full and it is not over. */
  async function runEach({ steps, batch, isOver }: Steps, failures: unknown[]): Promise<void> {
    for (const step of steps) await repeat(step, batch, isOver).catch((error: unknown) => failures.push(error));
  }

  async function repeat(step: Step, batch: number, isOver: () => boolean): Promise<void> {
    for (let batches = 1; (await step()) >= batch && batches < MAX_BATCHES; batches += 1) {
      await turn();
      if (isOver()) return;
    }
  }

  return {
    round: async (signal) => {
      if (hasClockJumped()) return;
      const failures: unknown[] = [];
      const isStopped = () => signal?.aborted === true;
      await runEach({ steps: ending, batch: BATCH, isOver: isStopped }, failures);
      const cleaningSince = elapsedMs();
      const isOver = () => isStopped() || elapsedMs() - cleaningSince >= cleaningMs;
      if (!isStopped()) await runEach({ steps: cleaning, batch: CLEANING_BATCH, isOver }, failures);
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
  };
}
