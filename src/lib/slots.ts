import { DeadlineError } from './deadline.js';

interface Waiter {
  /** False when it was too late: then it is the next one's turn. */
  start(): boolean;
}

/** So many at once; the others wait, first come first served. Who has waited too long is never started. */
export interface Slots {
  /**
   * @throws DeadlineError when it was not this caller's turn within `timeoutMs`, or more than `maxWaiting` wait; `work` has
   *   not begun and never will.
   */
  run<T>(work: () => Promise<T>, timeoutMs: number): Promise<T>;
}

export function createSlots({ atOnce, maxWaiting }: { atOnce: number; maxWaiting: number }): Slots {
  const waiting = new Set<Waiter>();
  let taken = 0;

  function release(): void {
    // Work that waits for nothing but its turn would else follow work without end, and everything else would wait: those
    // who need no slot, too.
    if (waiting.size > 0) setImmediate(handOver);
    else taken -= 1;
  }

  function handOver(): void {
    for (const next of waiting) {
      waiting.delete(next);
      if (next.start()) return;
    }
    taken -= 1;
  }

  function turn(timeoutMs: number): Promise<void> {
    if (taken < atOnce) {
      taken += 1;
      return Promise.resolve();
    }
    if (waiting.size >= maxWaiting) return Promise.reject(new DeadlineError('too many are waiting'));
    const deadline = performance.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      const expire = () => reject(new DeadlineError(`not this caller's turn within ${timeoutMs} ms`));
      const waiter: Waiter = {
        start: () => {
          clearTimeout(timer);
          // After the event loop was blocked, the turn may come before the timer that should have ended the wait.
          const isInTime = performance.now() < deadline;
          if (isInTime) resolve();
          else expire();
          return isInTime;
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        expire();
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
