import { parseArgs } from 'node:util';
import { median } from './measure.js';

/** How many rounds, and how long each thing is asked in one. */
export interface Length {
  readonly rounds: number;
  readonly seconds: number;
  /** A short run, to see that it works: nothing is written. */
  readonly isTrial: boolean;
}

type Asked = Omit<Length, 'isTrial'>;

/** What was asked for: `--quick`, `--rounds 9`, `--seconds 10`; else the whole. */
export function lengthOf(whole: Asked, quick: Asked = { rounds: 2, seconds: 1 }): Length {
  const options = { quick: { type: 'boolean' }, rounds: { type: 'string' }, seconds: { type: 'string' } } as const;
  const { values: flags } = parseArgs({ options });
  const asked = flags.quick === true ? quick : whole;
  const rounds = Number(flags.rounds ?? asked.rounds);
  const seconds = Number(flags.seconds ?? asked.seconds);
  return { rounds, seconds, isTrial: rounds < whole.rounds || seconds < whole.seconds };
}

/** In turns, so that whatever else the machine does falls on all: every second round backwards. */
export function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : [...items].reverse();
}

export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** From the lowest to the highest, as a part of the median. */
  readonly spread: number;
}

export function summaryOf(rounds: readonly number[]): Summary {
  const middle = median(rounds);
  const [low, high] = [Math.min(...rounds), Math.max(...rounds)];
  return { median: middle, low, high, spread: (high - low) / middle };
}

/** Beyond this a median of rounds says too much. */
const WIDE = 0.15;

/** `0.83`; or `0.70 to 0.91` when the rounds do not agree. */
export function ratioText(rounds: readonly number[], digits = 2): string {
  const { median: middle, low, high, spread } = summaryOf(rounds);
  return spread > WIDE ? `${low.toFixed(digits)} to ${high.toFixed(digits)}` : middle.toFixed(digits);
}

/** `12,345`. */
export function wholeText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percentText(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
