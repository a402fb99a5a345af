import { DeadlineError } from './deadline.js';

interface Waiter {
  start(): void;
}

/** One at a time, first come first served. Who has waited too long is never started. */
export interface Lock {
  /**
   * @throws DeadlineError when it was not this caller's turn within `timeoutMs`, or more than `maxWaiting` wait;
   *   `work` has not begun and never will.
   */
  run<T>(work: () => Promise<T>, timeoutMs: number): Promise<T>;
}

export function createLock(maxWaiting = 10_000): Lock {
  const waiting = new Set<Waiter>();
  let held = false;

  function release(): void {
    const [next] = waiting;
    if (next === undefined) {
      held = false;
      return;
    }
    waiting.delete(next);
    next.start();
  }

  function turn(timeoutMs: number): Promise<void> {
    if (!held) {
      held = true;
      return Promise.resolve();
    }
    if (waiting.size >= maxWaiting) return Promise.reject(new DeadlineError('too many are waiting'));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(new DeadlineError(`not this caller's turn within ${timeoutMs} ms`));
      }, timeoutMs);
      waiting.add(waiter);
    });
  }

  return {
    async run(work, timeoutMs) {
      await turn(timeoutMs);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
