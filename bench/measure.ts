/** In ms. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function quantiles(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function median(numbers: readonly number[]): number {
  return quantiles(numbers).p50;
}

/** The median of each quantile over rounds: one round in which the machine did something else moves nothing. */
export function medianOf(rounds: readonly Quantiles[]): Quantiles {
  return {
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    max: median(rounds.map(({ max }) => max)),
  };
}

export interface Round extends Quantiles {
  /** How many were left out. */
  readonly interrupted: number;
}

/**
 * One after the other, each timed alone.
 *
 * @param leavesOutInterrupted those during which the machine gave the core to others. Only for work that this process does
 *   itself: who waits for a server gives the core away each time.
 */
export async function timeEach<T>(
  inputs: readonly T[],
  work: (input: T) => Promise<unknown>,
  leavesOutInterrupted: boolean,
): Promise<Round> {
  const interruptions = () => (leavesOutInterrupted ? process.resourceUsage().involuntaryContextSwitches : 0);
  const times: number[] = [];
  for (const input of inputs) {
    const before = interruptions();
    const startedAt = performance.now();
    await work(input);
    const ms = performance.now() - startedAt;
    if (interruptions() === before) times.push(ms);
  }
  return { ...quantiles(times), interrupted: inputs.length - times.length };
}

/** What is under way, on stderr: the figures are on stdout. */
export function progress(sentence: string): void {
  process.stderr.write(`  ${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${sentence}\n`);
}
