import { describe, expect, test } from '@jest/globals';
import { createRecent } from '../../src/lib/recent.js';

describe('what was put last', () => {
  test('is there, up to the limit, and what was put longest ago goes', () => {
    for (const limit of [1, 2, 3, 10, 101]) {
      const recent = createRecent<number>(limit);
      for (let n = 0; n < 250; n += 1) {
        recent.put(`${n}`, n);
        expect(recent.get(`${n}`)).toBe(n);
        const kept = Array.from({ length: n + 1 }, (_, each) => recent.get(`${each}`)).filter(
          (each) => each !== undefined,
        );
        expect(kept.length).toBeLessThanOrEqual(limit);
        expect(kept).toEqual(kept.map((_, index) => n - kept.length + 1 + index));
      }
    }
  });

  test('is what was put over it, and gone when it is deleted', () => {
    const recent = createRecent<string>(4);
    for (const value of ['a', 'b', 'c', 'd', 'e']) recent.put('key', value);
    expect(recent.get('key')).toBe('e');
    recent.put('other', 'f');
    recent.put('third', 'g');
    recent.delete('key');
    expect(recent.get('key')).toBeUndefined();
    expect(recent.get('other')).toBe('f');
  });
});
