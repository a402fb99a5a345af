/** Says when the caller may begin: true at once, or in a later turn; false when it has waited for too long, or too many wait. */
export type Turns = () => true | Promise<boolean>;

export interface TurnsParts {
  /** So many begin in one turn of the event loop. When more wait they are a crowd, until nobody waits any more. */
  readonly perTurn: number;
  /** Of a crowd only those begin in a turn that can within this time, and one at least. */
  readonly crowdMs: number;
  /** Who has waited for longer does not begin. */
  readonly maxWaitMs: number;
  readonly maxWaiting: number;
  /** A clock that is never set, in ms. */
  now(): number;
}

interface Waiter {
  readonly deadline: number;
  resolve(mayBegin: boolean): void;
}

/**
 * Work that arrives together begins in several turns of the event loop, first come first served: it would else be done in one
 * go, and what takes no time would wait for all of it. Those who are refused take turns as well, for that is work too.
 */
export function createTurns({ perTurn, crowdMs, maxWaitMs, maxWaiting, now }: TurnsParts): Turns {
  const waiting: Waiter[] = [];
  let begun = 0;
  let isRunning = false;

  async function takeTurns(): Promise<void> {
    isRunning = true;
    let isCrowd = false;
    do {
      await new Promise(setImmediate);
      begun = 0;
      isCrowd = waiting.length > perTurn || (isCrowd && waiting.length > 0);
      const until = isCrowd ? now() + crowdMs : Number.POSITIVE_INFINITY;
      while (waiting.length > 0 && begun < perTurn && (begun === 0 || now() < until)) {
        const next = waiting.shift();
        begun += 1;
        next?.resolve(now() < next.deadline);
        await allThatCanGoOn();
      }
    } while (begun > 0);
    isRunning = false;
  }

  return () => {
    if (!isRunning) void takeTurns();
    if (waiting.length === 0 && begun < perTurn) {
      begun += 1;
      return true;
    }
    if (waiting.length >= maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => waiting.push({ deadline: now() + maxWaitMs, resolve }));
  };
}

/** Ticks come when no promise has anything left to do, and microtasks after those that are there. */
function allThatCanGoOn(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
