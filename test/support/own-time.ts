const TICK_MS = 5;
/** What counts of a tick at most. */
const COUNTED_MS = 50;

/**
 * For "within so many ms" of what waits in this process: how long it took in time that the process has had. Where the machine
 * stands still, next to nothing of that counts. Ask once, at its end.
 */
export function startOwnTime(): () => number {
  let ms = 0;
  let lastAt = performance.now();
  const tick = () => {
    const now = performance.now();
    ms += Math.min(now - lastAt, COUNTED_MS);
    lastAt = now;
  };
  const timer = setInterval(tick, TICK_MS).unref();
  return () => {
    clearInterval(timer);
    tick();
    return ms;
  };
}
