/** How long sessions live, in ms. */
export interface Lifetimes {
  readonly idleTtlMs: number;
  readonly maxTtlMs: number;
}

const HOUR_MS = 3_600_000;

/** When a session that is used now ends unless it is used again. */
export function idleEnd(lifetimes: Lifetimes, now: number, absUntil: number): number {
  return Math.min(now + lifetimes.idleTtlMs, absUntil);
}

/** A use is written down at most this often, and often enough that a short idle time-out does not end a session in use. */
export function touchIntervalMs(lifetimes: Lifetimes): number {
  return Math.min(HOUR_MS, lifetimes.idleTtlMs / 10);
}
