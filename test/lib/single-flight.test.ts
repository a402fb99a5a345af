import { describe, expect, test } from '@jest/globals';
import { createSingleFlight } from '../../src/lib/single-flight.js';
import { deferred } from '../support/faults.js';

describe('a single flight', () => {
  test('runs once for all who ask while it runs', async () => {
    const flight = createSingleFlight<number>();
    const result = deferred<number>();
    let runs = 0;
    const work = () => {
      runs += 1;
      return result.promise;
    };
    const answers = Promise.all([flight('a', work), flight('a', work), flight('a', work)]);
    result.resolve(7);
    expect(await answers).toEqual([7, 7, 7]);
    expect(runs).toBe(1);
  });

  test('does not share between keys', async () => {
    const flight = createSingleFlight<string>();
    const keys = ['a', 'b', '__proto__'];
    expect(await Promise.all(keys.map((key) => flight(key, async () => key)))).toEqual(keys);
  });

  test('gives its failure to all who wait, and keeps nothing of it', async () => {
    const flight = createSingleFlight<number>();
    const fails = async () => {
      throw new Error('no');
    };
    const waiting = [flight('a', fails), flight('a', async () => 1)];
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flight('a', async () => 2)).toBe(2);
  });

  test('keeps no result: who asks afterwards starts anew', async () => {
    const flight = createSingleFlight<number>();
    expect(await flight('a', async () => 1)).toBe(1);
    expect(await flight('a', async () => 2)).toBe(2);
  });
});
