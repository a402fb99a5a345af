import { describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../src/lib/deadline.js';
import { createSlots } from '../../src/lib/slots.js';
import { deferred } from '../support/faults.js';

const LONG_MS = 60_000;

describe('slots', () => {
  test('let so many in at a time, in the order in which they came', async () => {
    const slots = createSlots({ atOnce: 2, maxWaiting: 10 });
    const order: number[] = [];
    let [inside, most] = [0, 0];
    const visit = (number: number) =>
      slots.run(async () => {
        order.push(number);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise(setImmediate);
        inside -= 1;
      }, LONG_MS);
    await Promise.all([0, 1, 2, 3, 4, 5].map(visit));
    expect([order, most, inside]).toEqual([[0, 1, 2, 3, 4, 5], 2, 0]);
  });

  test('let everything else have its turn between two visitors', async () => {
    const slots = createSlots({ atOnce: 1, maxWaiting: 3 });
    const order: string[] = [];
    const visit = (name: string) => slots.run(async () => void order.push(name), LONG_MS);
    const visitors = ['first', 'second', 'third'].map(visit);
    setImmediate(() => order.push('everything else'));
    await Promise.all(visitors);
    expect(order).toEqual(['first', 'everything else', 'second', 'third']);
  });

  test('are given on after a failure, which only its own caller sees', async () => {
    const slots = createSlots({ atOnce: 1, maxWaiting: 1 });
    const failing = slots.run(() => Promise.reject(new RangeError('no')), LONG_MS);
    const next = slots.run(async () => 'next', LONG_MS);
    await expect(failing).rejects.toThrow(RangeError);
    expect(await next).toBe('next');
  });

  test('let only so many wait, and again others once they are through', async () => {
    const slots = createSlots({ atOnce: 2, maxWaiting: 1 });
    const held = deferred<void>();
    const inside = [slots.run(() => held.promise, LONG_MS), slots.run(() => held.promise, LONG_MS)];
    const waiting = slots.run(async () => 3, LONG_MS);
    await expect(slots.run(async () => 4, LONG_MS)).rejects.toThrow(DeadlineError);
    held.resolve();
    expect([await Promise.all(inside), await waiting]).toEqual([[undefined, undefined], 3]);
    expect(await slots.run(async () => 5, LONG_MS)).toBe(5);
  });

  test('never start who has waited too long, and forget them: they take no place', async () => {
    const slots = createSlots({ atOnce: 1, maxWaiting: 1 });
    const held = deferred<void>();
    const started: string[] = [];
    const inside = slots.run(() => held.promise, LONG_MS);
    await expect(slots.run(async () => started.push('impatient'), 5)).rejects.toThrow(DeadlineError);
    const patient = slots.run(async () => started.push('patient'), LONG_MS);
    held.resolve();
    await Promise.all([inside, patient]);
    expect(started).toEqual(['patient']);
  });

  test('never start who has waited too long while nothing ran, not even its timer', async () => {
    const slots = createSlots({ atOnce: 1, maxWaiting: 2 });
    const held = deferred<void>();
    const started: string[] = [];
    const inside = slots.run(() => held.promise, LONG_MS);
    const impatient = slots.run(async () => started.push('impatient'), 10);
    const patient = slots.run(async () => started.push('patient'), LONG_MS);
    held.resolve();
    const until = performance.now() + 20;
    while (performance.now() < until);
    await expect(impatient).rejects.toThrow(DeadlineError);
    await Promise.all([inside, patient]);
    expect(started).toEqual(['patient']);
  });
});
