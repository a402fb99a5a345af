import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRate, parseRate } from '../../src/lib/rate.js';

describe('a rate', () => {
  test.each([
    ['300/1m', 300, 60],
    ['1/1s', 1, 1],
    ['5000/24h', 5000, 86_400],
    ['7/1d', 7, 86_400],
    ['10/2000ms', 10, 2],
    ['1000000000/1m', 1_000_000_000, 60],
  ])('%s is %d logins in %d s', (text, count, windowSeconds) => {
    expect(parseRate(text)).toEqual({ count, windowSeconds });
  });

  test.each([
    '',
    '300',
    '/1m',
    '300/',
    '300/m',
    '300 / 1m',
    ' 300/1m',
    '300/1m\n',
    '300/1m/1m',
    '0/1m',
    '-1/1m',
    '+1/1m',
    '1.5/1m',
    '1e3/1m',
    '0x10/1m',
    '300/0s',
    '300/999ms',
    '300/1500ms',
    '300/25h',
    '300/1w',
    '1000000001/1m',
    `${'9'.repeat(400)}/1m`,
    `1/${'9'.repeat(400)}s`,
    'off',
    'Infinity/1m',
  ])('%j is none', (text) => {
    expect(parseRate(text)).toBeNull();
  });

  test('is read back as it was written', () => {
    const counts = fc.integer({ min: 1, max: 1_000_000_000 });
    const windows = fc.integer({ min: 1, max: 86_400 });
    fc.assert(
      fc.property(counts, windows, (count, windowSeconds) => {
        expect(parseRate(formatRate({ count, windowSeconds }))).toEqual({ count, windowSeconds });
      }),
    );
  });

  test('is written in the largest whole unit of time', () => {
    expect(formatRate({ count: 300, windowSeconds: 60 })).toBe('300/1m');
    expect(formatRate({ count: 300, windowSeconds: 90 })).toBe('300/90s');
  });
});
