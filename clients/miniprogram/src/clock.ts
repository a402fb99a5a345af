/** Time and chance, which tests pass in. */
export interface Clock {
  nowMs(): number;
  /** True, when they are over. */
  waitMs(ms: number): Promise<true>;
  /** At least 0, below 1. */
  chance(): number;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  waitMs: (ms) => new Promise((over) => setTimeout(() => over(true), ms)),
  chance: () => Math.random(),
};
