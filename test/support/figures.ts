import { expect } from '@jest/globals';
import { rounds } from './rounds.js';

/** What a soak is for: how long it took. */
export function figures(ms: readonly number[]) {
  const sorted = ms.toSorted((a, b) => a - b);
  const part = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { medianMs: part(0.5), p99Ms: part(0.99), maxMs: part(1) };
}

/** One line of JSON, in a soak only: at other times other tests run beside it. */
export function print(numbers: object): void {
  if (rounds(0, 1) === 0) return;
  console.info(JSON.stringify({ test: expect.getState().currentTestName, ...numbers }));
}
