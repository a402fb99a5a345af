import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lengthPrefixed } from '../../src/lib/bytes.js';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { open, seal } from '../../src/lib/seal.js';

const oldKey = Buffer.alloc(32, 'old');
const newKey = Buffer.alloc(32, 'new');
const ring = createKeyRing([oldKey]);
const place = lengthPrefixed(['default', 'WECHAT', 'wx1', 'alice']);

describe('a sealed text', () => {
  test('opens in its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), (plaintext, anyPlace) => {
        expect(open(ring, seal(ring, plaintext, anyPlace), anyPlace)).toBe(plaintext);
      }),
    );
  });

  test('does not open in another place', () => {
    const elsewhere = lengthPrefixed(['default', 'WECHAT', 'wx1', 'bob']);
    expect(open(ring, seal(ring, 'key', place), elsewhere)).toBeNull();
    expect(open(ring, seal(ring, 'key', place), Buffer.alloc(0))).toBeNull();
  });

  test('does not open when one bit of it was flipped, wherever', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(), fc.nat(7), (plaintext, at, bit) => {
        const bytes = Buffer.from(seal(ring, plaintext, place), 'latin1');
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expect(open(ring, bytes.toString('latin1'), place)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('does not open when a piece is missing, shorter, or too many', () => {
    const sealed = seal(ring, 'key', place);
    const [version = '', kid = '', iv = '', bytes = ''] = sealed.split('.');
    const shortTag = Buffer.from(bytes, 'base64url').subarray(0, 15).toString('base64url');
    const shorterTag = Buffer.from(bytes, 'base64url').subarray(0, -1).toString('base64url');
    for (const text of [
      '',
      'v1',
      [version, kid, iv].join('.'),
      [version, kid, iv, ''].join('.'),
      [version, kid, iv, shortTag].join('.'),
      [version, kid, iv, shorterTag].join('.'),
      [version, kid, iv.slice(0, -4), bytes].join('.'),
      [version, kid, '', bytes].join('.'),
      ['v2', kid, iv, bytes].join('.'),
      `${sealed}.`,
      `${sealed}=`,
      ` ${sealed}`,
    ]) {
      expect(open(ring, text, place)).toBeNull();
    }
  });

  test('still opens after a new first key was added, and new texts are sealed under the new one', () => {
    const sealed = seal(ring, 'key', place);
    const rotated = createKeyRing([newKey, oldKey]);
    expect(open(rotated, sealed, place)).toBe('key');
    expect(open(ring, seal(rotated, 'key', place), place)).toBeNull();
  });

  test('does not open once its key is gone, nor under another key of the same name', () => {
    const sealed = seal(ring, 'key', place);
    const other = createKeyRing([newKey]);
    expect(open(other, sealed, place)).toBeNull();
    expect(open(other, sealed.replace(ring.first.kid, other.first.kid), place)).toBeNull();
  });

  test('shows nothing of the plaintext, and is another text each time', () => {
    const plaintext = 'tiihtNczf5v6AKRyjwEUhQ==';
    const texts = Array.from({ length: 50 }, () => seal(ring, plaintext, place));
    expect(new Set(texts).size).toBe(50);
    for (const text of texts) expect(text).not.toContain(Buffer.from(plaintext).toString('base64url').slice(0, 8));
  });
});
