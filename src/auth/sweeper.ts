import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.js';
import type { Authenticate } from './authenticate.js';
import type { Sweep } from './sweep.js';

/** Sweeps now and then for as long as it is not closed. */
export interface Sweeper {
  /** False until the ends that were unfinished at the start have gone through: a store may still have what ended. */
  isReady(): boolean;
  /** Resolves when that was tried once, whether it went through or not. */
  readonly tried: Promise<void>;
  /** Waits for the batch at work. */
  close(): Promise<void>;
}

const RETRY_MS = 500;

/**
 * @param everyMs null: only what must be done at the start.
 * @param onFailure called when that fails for the first time; it is tried again.
 */
export function startSweeper(
  sweep: Sweep,
  { everyMs, onFailure }: { everyMs: number | null; onFailure: (error: unknown) => void },
): Sweeper {
  const stop = new AbortController();
  const { signal } = stop;
  let isReady = false;

  /** Processes that started together do not sweep together. */
  const pause = (ms: number) =>
    wait(ms * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);

  async function finishEnds(): Promise<unknown> {
    try {
      await sweep.unfinishedEnds(signal);
      isReady = !signal.aborted;
      return null;
    } catch (error) {
      return error;
    }
  }

  const first = finishEnds();

  async function work(): Promise<void> {
    const failure = await first;
    if (failure !== null) onFailure(failure);
    while (!isReady && !signal.aborted) {
      await pause(RETRY_MS);
      await finishEnds();
    }
    while (everyMs !== null && !signal.aborted) {
      await pause(everyMs);
      if (!signal.aborted) await sweep.round(signal);
    }
  }
  const working = work();

  return {
    isReady: () => isReady,
    tried: first.then(() => undefined),
    close: () => {
      stop.abort();
      return working;
    },
  };
}

/** Says unknown, and asks no store, until the sweeper is ready. */
export function gatedAuthenticate(authenticate: Authenticate, { isReady }: Pick<Sweeper, 'isReady'>): Authenticate {
  return (token) => {
    if (token === null || isReady()) return authenticate(token);
    const detail = 'sessions that ended before the start are not deleted yet';
    return { state: 'unknown', error: new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, detail }) };
  };
}
