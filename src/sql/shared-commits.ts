import type Libsql from 'libsql';
import { DeadlineError } from '../lib/deadline.js';

type Connection = InstanceType<typeof Libsql>;

/**
 * Works that wait for the disk share a commit: what each of them wrote stands when its promise resolves, and nothing of it
 * when it rejects. They run one after another, first come first served, and each sees what those before it have written.
 */
export interface SharedCommits {
  /**
   * @throws DeadlineError when it was not this caller's turn within `timeoutMs`, or too many wait; `work` has not begun and
   *   never will. What `work` throws. What the commit throws: then nobody's work stands.
   */
  run<T>(work: () => T | Promise<T>, timeoutMs: number): Promise<T>;
  /** When those who wait have had their turn. */
  idle(): Promise<void>;
}

export interface SharedCommitsParts {
  readonly connection: Connection;
  /** Begins a transaction. Gives up when nobody waits for it any more. */
  begin(isWanted: () => boolean): Promise<void>;
  /** Whether it concerns everybody who writes, not one work alone. */
  isForAll(error: unknown): boolean;
  onFailure(error: unknown): void;
  /** A clock that is never set, in ms. */
  now(): number;
}

interface Waiter {
  readonly deadline: number;
  readonly timer: NodeJS.Timeout;
  work(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** For so long works join a transaction: whoever needs no disk waits for no longer. */
const JOINING_MS = 5;
const MAX_WAITING = 10_000;

export function createSharedCommits(parts: SharedCommitsParts): SharedCommits {
  const { connection, begin, isForAll, onFailure, now } = parts;
  const waiting = new Set<Waiter>();
  let running: Promise<void> | null = null;

  function takeNext(): Waiter | null {
    for (const next of waiting) {
      waiting.delete(next);
      clearTimeout(next.timer);
      // After the event loop was blocked, the turn may come before the timer that should have ended the wait.
      if (now() < next.deadline) return next;
      next.reject(tooLate());
    }
    return null;
  }

  async function commitTogether(): Promise<void> {
    const begun: Waiter[] = [];
    const done: (() => void)[] = [];
    try {
      await begin(() => waiting.size > 0);
      const until = now() + JOINING_MS;
      const isShared = waiting.size > 1;
      for (let next = takeNext(); next !== null; next = isShared && now() < until ? takeNext() : null) {
        const waiter = next;
        begun.push(waiter);
        const outcome = await (isShared ? joined(waiter) : { value: await waiter.work() });
        if (outcome !== null) done.push(() => waiter.resolve(outcome.value));
      }
      connection.exec('COMMIT');
    } catch (error) {
      rollBack(connection);
      onFailure(error);
      // It did not even begin: whoever is first is told, and the next one tries again.
      for (const each of begun.length > 0 ? begun : [takeNext()]) each?.reject(error);
      return;
    }
    for (const resolve of done) resolve();
  }

  /** Null: it has failed by itself, and left nothing. */
  async function joined(waiter: Waiter): Promise<{ value: unknown } | null> {
    connection.exec('SAVEPOINT one');
    try {
      const value = await waiter.work();
      connection.exec('RELEASE one');
      return { value };
    } catch (error) {
      if (isForAll(error) || !connection.inTransaction) throw error;
      connection.exec('ROLLBACK TO one');
      connection.exec('RELEASE one');
      waiter.reject(error);
      return null;
    }
  }

  async function takeTurns(): Promise<void> {
    while (waiting.size > 0) {
      await commitTogether();
      // Commit would else follow commit, and those who need no disk would wait for all of them.
      await new Promise(setImmediate);
    }
    running = null;
  }

  return {
    run: (work, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= MAX_WAITING) return reject(new DeadlineError('too many are waiting'));
        const expire = () => {
          waiting.delete(waiter);
          reject(tooLate());
        };
        const [deadline, timer] = [now() + timeoutMs, setTimeout(expire, timeoutMs)];
        const waiter: Waiter = { deadline, timer, work, resolve: resolve as Waiter['resolve'], reject };
        waiting.add(waiter);
        running ??= takeTurns();
      }),
    idle: async () => {
      await running;
    },
  };
}

function tooLate(): DeadlineError {
  return new DeadlineError("it was not this caller's turn in time");
}

/** Ends a transaction that is still open. SQLite has ended it itself after a full disk or an I/O error. */
function rollBack(connection: Connection): void {
  if (!connection.inTransaction) return;
  try {
    connection.exec('ROLLBACK');
  } catch {
    // What led here says more.
  }
}
