/** How long sessions live, in ms. */
export interface Lifetimes {
  readonly idleTtlMs: number;
  readonly maxTtlMs: number;
}

const HOUR_MS = 3_600_000;
const MIN_TTL_MS = 1000;

/** @throws TypeError for what is no length of time: Keyv takes 0 and NaN for "for ever". */
export function createLifetimes({ idleTtlMs, maxTtlMs }: Lifetimes): Lifetimes {
  const areWhole = Number.isSafeInteger(idleTtlMs) && Number.isSafeInteger(maxTtlMs);
  if (!areWhole || idleTtlMs < MIN_TTL_MS || idleTtlMs > maxTtlMs) {
    throw new TypeError('sessions live for a whole number of ms, at least 1000, and not longer unused than at most');
  }
  return { idleTtlMs, maxTtlMs };
}

/** When a session that is used now ends unless it is used again. */
export function idleEnd(lifetimes: Lifetimes, now: number, absUntil: number): number {
  return Math.min(now + lifetimes.idleTtlMs, absUntil);
}

/** A use is written down at most this often, and often enough that a short idle time-out does not end a session in use. */
export function touchIntervalMs(lifetimes: Lifetimes): number {
  return Math.min(HOUR_MS, lifetimes.idleTtlMs / 10);
}
