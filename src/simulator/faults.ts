import { SimulatorMisuse } from './misuse.js';
import { errcodes } from './refusals.js';

/** Faults that are errcodes by another name. */
const namedErrcodes = { busy: -1, quota: 45011 } as const;

/** Faults of the way an answer takes. */
const brokenAnswers = ['slow', 'hang', 'cut', 'html', 'truncated'] as const;

export type BrokenAnswer = (typeof brokenAnswers)[number];

/**
 * What may happen to an exchange or another call: `busy` (errcode -1), `quota` (45011), `slow` (the answer comes after 2 s), `hang` (it
 * never comes), `cut` (a TCP reset after the request), `html` (a page instead of JSON), `truncated` (half the JSON), or
 * any errcode the simulator knows.
 *
 * With `slow`, `cut` and `truncated` WeChat does its work, so a code is spent. The others leave all as it was.
 */
export type Fault = keyof typeof namedErrcodes | BrokenAnswer | number;

export const faults: readonly Fault[] = [...(Object.keys(namedErrcodes) as Fault[]), ...brokenAnswers, ...errcodes];

/** @throws SimulatorMisuse with the faults there are, when this is none of them */
export function checkFault(fault: unknown): Fault {
  if ((faults as readonly unknown[]).includes(fault)) return fault as Fault;
  throw new SimulatorMisuse(`There is no such fault. There are: ${faults.join(', ')}.`);
}

/** A fault without its second name. */
export function plainFault(fault: Fault): BrokenAnswer | number {
  return fault === 'busy' || fault === 'quota' ? namedErrcodes[fault] : fault;
}
