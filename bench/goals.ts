import { median } from './measure.js';
import { ratioText } from './rounds.js';
import type { Table } from './table.js';

/** What a figure should be. */
export interface Goal {
  readonly what: string;
  readonly wanted: readonly ['at least' | 'at most', number];
  /** One number for each round: their median is judged. */
  readonly found: readonly number[];
  /** Of the numbers. @default none */
  readonly unit?: string;
  /** @default 2 */
  readonly digits?: number;
}

/** The goals beside what was found. */
export function goalTable(goals: readonly Goal[]): Table {
  const rows = goals.map((goal) => {
    const { what, wanted, found, unit = '', digits = 2 } = goal;
    const [sense, bound] = wanted;
    const texts = [`${sense} ${bound}`, found.length === 0 ? 'unknown' : ratioText(found, digits)];
    return [`target: ${what}`, ...texts.map((text) => `${text} ${unit}`.trim()), verdictOf(goal)];
  });
  return { head: ['', 'wanted', 'found', ''], rows };
}

/** Says in how many rounds, when they do not agree. */
export function verdictOf({ wanted: [sense, bound], found }: Goal): string {
  const isMet = (each: number) => (sense === 'at least' ? each >= bound : each <= bound);
  const word = isMet(median(found)) ? 'met' : 'not met';
  const agreeing = found.filter((each) => isMet(each) === (word === 'met')).length;
  return agreeing === found.length ? word : `${word} in ${agreeing} of ${found.length} rounds`;
}
