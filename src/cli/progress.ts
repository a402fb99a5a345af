const EVERY_MS = 1000;

/**
 * For work that takes its time: a line now and then, so that a person sees it go on.
 *
 * @param elapsedMs counts on, whatever the wall clock does.
 */
export function createProgress(
  out: { write(text: string): unknown },
  elapsedMs: () => number = () => performance.now(),
): (line: () => string) => void {
  let saidAt = elapsedMs();
  return (line) => {
    if (elapsedMs() - saidAt < EVERY_MS) return;
    saidAt = elapsedMs();
    out.write(`${line()}\n`);
  };
}
