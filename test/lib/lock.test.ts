import { describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../src/lib/deadline.js';
import { createLock } from '../../src/lib/lock.js';
import { deferred } from '../support/faults.js';

const LONG_MS = 60_000;

describe('a lock', () => {
  test('lets one in at a time, in the order in which they came', async () => {
    const lock = createLock();
    const order: number[] = [];
    let inside = 0;
    const visit = (number: number) =>
      lock.run(async () => {
        inside += 1;
        expect(inside).toBe(1);
        await Promise.resolve();
        order.push(number);
        inside -= 1;
      }, LONG_MS);
    await Promise.all([0, 1, 2, 3, 4].map(visit));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('lets everything else have its turn between two visitors', async () => {
    const lock = createLock();
    const order: string[] = [];
    const visit = (name: string) => lock.run(async () => void order.push(name), LONG_MS);
    const visitors = ['first', 'second', 'third'].map(visit);
    setImmediate(() => order.push('everything else'));
    await Promise.all(visitors);
    expect(order).toEqual(['first', 'everything else', 'second', 'third']);
  });

  test('goes on after a failure, which only its own caller sees', async () => {
    const lock = createLock();
    const failing = lock.run(async () => {
      throw new RangeError('no');
    }, LONG_MS);
    const next = lock.run(async () => 'next', LONG_MS);
    await expect(failing).rejects.toThrow(RangeError);
    expect(await next).toBe('next');
  });

  test('never starts who has waited too long, and passes the turn on', async () => {
    const lock = createLock();
    const held = deferred<void>();
    const started: string[] = [];
    const first = lock.run(() => held.promise, LONG_MS);
    const impatient = lock.run(async () => started.push('impatient'), 10);
    const patient = lock.run(async () => started.push('patient'), LONG_MS);
    await expect(impatient).rejects.toThrow(DeadlineError);
    held.resolve();
    await Promise.all([first, patient]);
    expect(started).toEqual(['patient']);
  });

  test('never starts who has waited too long while nothing ran, not even its timer', async () => {
    const lock = createLock();
    const held = deferred<void>();
    const started: string[] = [];
    const first = lock.run(() => held.promise, LONG_MS);
    const impatient = lock.run(async () => started.push('impatient'), 10);
    const patient = lock.run(async () => started.push('patient'), LONG_MS);
    held.resolve();
    const until = performance.now() + 20;
    while (performance.now() < until);
    await expect(impatient).rejects.toThrow(DeadlineError);
    await Promise.all([first, patient]);
    expect(started).toEqual(['patient']);
  });

  test('lets only so many wait, and again others once they are through', async () => {
    const lock = createLock(2);
    const held = deferred<void>();
    const inside = lock.run(() => held.promise, LONG_MS);
    const waiting = [lock.run(async () => 1, LONG_MS), lock.run(async () => 2, LONG_MS)];
    await expect(lock.run(async () => 3, LONG_MS)).rejects.toThrow(DeadlineError);
    held.resolve();
    await inside;
    expect(await Promise.all(waiting)).toEqual([1, 2]);
    expect(await lock.run(async () => 4, LONG_MS)).toBe(4);
  });

  test('forgets who has gone: they take no place', async () => {
    const lock = createLock(1);
    const held = deferred<void>();
    const inside = lock.run(() => held.promise, LONG_MS);
    await expect(lock.run(async () => 1, 5)).rejects.toThrow(DeadlineError);
    const waiting = lock.run(async () => 2, LONG_MS);
    held.resolve();
    await inside;
    expect(await waiting).toBe(2);
  });
});
