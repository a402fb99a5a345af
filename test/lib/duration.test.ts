import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/lib/duration.js';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['1s', 1_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '7', 'd', '1.5h', '-1s', '+1s', '1e3s', '7 d', ' 7d', '7d\n', '7D', '1w', 'NaNs', 'Infinity', '0x1s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test('beyond the exact integers is none', () => {
    expect(parseDuration('999999999999999d')).toBeNull();
    expect(parseDuration(`${'9'.repeat(400)}ms`)).toBeNull();
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_650 * 86_400_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  test('is written in its largest whole unit', () => {
    expect([604_800_000, 5_400_000, 1_001, 0].map(formatDuration)).toEqual(['7d', '90m', '1001ms', '0ms']);
  });
});
