import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBase64url, lengthPrefixed, sha256Hex } from '../../src/lib/bytes.js';

describe('fields joined with their lengths', () => {
  // Few and awkward characters, so that lists that could be confused come often.
  const field = fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a'), maxLength: 3 });
  const fields = fc.array(field, { maxLength: 3 });

  test('are never the same bytes for two lists', () => {
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(lengthPrefixed(a).equals(lengthPrefixed(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });

  test('keep a character where it was', () => {
    const text = fc.string({ minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, fc.nat(12), fc.nat(12), (joined, at, elsewhere) => {
        const cut = (index: number) => [joined.slice(0, index), joined.slice(index)];
        const same = Math.min(at, joined.length) === Math.min(elsewhere, joined.length);
        expect(lengthPrefixed(cut(at)).equals(lengthPrefixed(cut(elsewhere)))).toBe(same);
      }),
    );
  });

  test('count bytes, not characters', () => {
    expect(lengthPrefixed(['门']).toString('hex')).toBe('00000003e997a8');
    expect(lengthPrefixed([])).toHaveLength(0);
    expect(lengthPrefixed([''])).toHaveLength(4);
  });
});

describe('base64url', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['AB', 'AA==', 'A', 'A A', '+/+/', 'AAAA\n', '*'])('%j is not how it is written', (text) => {
    expect(fromBase64url(text)).toBeNull();
  });
});

test('SHA-256 is 64 hex digits', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
