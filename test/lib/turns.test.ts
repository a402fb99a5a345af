import { expect, test } from '@jest/globals';
import { createTurns } from '../../src/lib/turns.js';

/** What began in each turn of the event loop. */
async function turnsOf(count: number, perTurn: number): Promise<number[][]> {
  const turn = createTurns(perTurn);
  const turns: number[][] = [[]];
  let isOver = false;
  // It stands before those of the turns, each time.
  const note = () => {
    turns.push([]);
    if (!isOver) setImmediate(note);
  };
  setImmediate(note);
  const visit = async (n: number) => {
    await turn();
    turns.at(-1)?.push(n);
  };
  await Promise.all(Array.from({ length: count }, (_, n) => visit(n)));
  isOver = true;
  return turns.filter((begun) => begun.length > 0);
}

test('so many begin in one turn of the event loop, the others later, in their order', async () => {
  expect(await turnsOf(7, 3)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
});

test('who comes when nobody waits begins at once', async () => {
  const turn = createTurns(2);
  expect([turn(), turn()]).toEqual([null, null]);
  await turn();
  expect(turn()).toBeNull();
});

test('who comes later does not overtake those who wait', async () => {
  const turn = createTurns(1);
  const order: string[] = [];
  const visit = async (name: string) => {
    await turn();
    order.push(name);
  };
  const early = ['a', 'b', 'c'].map(visit);
  await new Promise(setImmediate);
  await Promise.all([...early, visit('d')]);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});
