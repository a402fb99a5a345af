const WINDOW_MS = 10_000;
const MANY = 50;
const QUIET_MS = 60_000;

/**
 * Notices that a session store has lost what was in it: most tokens name no session all of a sudden. Takes whether one
 * look-up found nothing.
 *
 * @param raise called at most once a minute
 */
export function createMissAlarm(now: () => number, raise: () => void): (isMiss: boolean) => void {
  let windowSince = Number.NEGATIVE_INFINITY;
  let raisedAt = Number.NEGATIVE_INFINITY;
  let lookups = 0;
  let misses = 0;

  return (isMiss) => {
    const at = now();
    if (Math.abs(at - windowSince) >= WINDOW_MS) {
      windowSince = at;
      lookups = 0;
      misses = 0;
    }
    lookups += 1;
    if (isMiss) misses += 1;
    if (misses < MANY || misses <= lookups / 2 || Math.abs(at - raisedAt) < QUIET_MS) return;
    raisedAt = at;
    raise();
  };
}
