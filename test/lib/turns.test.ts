import { describe, expect, test } from '@jest/globals';
import { createTurns, type TurnsParts } from '../../src/lib/turns.js';

interface Seen {
  /** What began in each turn of the event loop. */
  readonly turns: readonly (readonly number[])[];
  readonly refused: readonly number[];
}

/** All come at once, and each takes a millisecond before it waits for anything. */
async function turnsOf(count: number, parts: Partial<TurnsParts>, beforeTurns = (_clock: { ms: number }) => {}) {
  const clock = { ms: 0 };
  const mayBegin = createTurns({
    ...{ perTurn: 3, crowdMs: 100, maxWaitMs: 1_000, maxWaiting: 1_000, now: () => clock.ms },
    ...parts,
  });
  const turns: number[][] = [[]];
  const refused: number[] = [];
  let isOver = false;
  // It stands before those of the turns, each time.
  const note = () => {
    turns.push([]);
    if (!isOver) setImmediate(note);
  };
  setImmediate(note);
  const visit = async (n: number) => {
    if (!(await mayBegin())) return refused.push(n);
    for (let step = 0; step < 5; step += 1) await null;
    clock.ms += 1;
    return turns.at(-1)?.push(n);
  };
  const visits = Array.from({ length: count }, (_, n) => visit(n));
  beforeTurns(clock);
  await Promise.all(visits);
  isOver = true;
  return { turns: turns.filter((begun) => begun.length > 0), refused } satisfies Seen;
}

test('so many begin in one turn of the event loop, the others later, in their order', async () => {
  expect(await turnsOf(6, {})).toEqual({
    turns: [
      [0, 1, 2],
      [3, 4, 5],
    ],
    refused: [],
  });
});

test('who comes when nobody waits begins at once', async () => {
  const parts = { perTurn: 2, crowdMs: 1, maxWaitMs: 1, maxWaiting: 1, now: () => 0 };
  const mayBegin = createTurns(parts);
  expect([mayBegin(), mayBegin()]).toEqual([true, true]);
  expect(await mayBegin()).toBe(true);
  await new Promise(setImmediate);
  expect(mayBegin()).toBe(true);
});

test('who comes later does not overtake those who wait', async () => {
  const mayBegin = createTurns({ perTurn: 1, crowdMs: 1, maxWaitMs: 1, maxWaiting: 9, now: () => 0 });
  const order: string[] = [];
  const visit = async (name: string) => {
    await mayBegin();
    order.push(name);
  };
  const early = ['a', 'b', 'c'].map(visit);
  await new Promise(setImmediate);
  await Promise.all([...early, visit('d')]);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});

describe('of a crowd', () => {
  test('those begin in a turn that can within its time, until nobody waits any more', async () => {
    const { turns } = await turnsOf(10, { crowdMs: 2 });
    expect(turns).toEqual([[0, 1, 2], [3, 4], [5, 6], [7, 8], [9]]);
  });

  test('one begins in each turn, however little time there is', async () => {
    const { turns } = await turnsOf(7, { crowdMs: 0 });
    expect(turns).toEqual([[0, 1, 2], [3], [4], [5], [6]]);
  });

  test('those who have waited for too long do not begin', async () => {
    const waitFor = (ms: number) => turnsOf(5, { maxWaitMs: 1_000 }, (clock) => (clock.ms += ms));
    expect(await waitFor(990)).toMatchObject({ refused: [] });
    expect(await waitFor(1_000)).toEqual({ turns: [[0, 1, 2]], refused: [3, 4] });
  });

  test('nobody waits where too many do', async () => {
    expect(await turnsOf(8, { maxWaiting: 4 })).toEqual({ turns: [[0, 1, 2], [3, 4, 5], [6]], refused: [7] });
  });
});
