import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '../../src/lib/bytes.js';
import { createKeyRing } from '../../src/lib/key-ring.js';

const oldKey = Buffer.alloc(32, 'old');
const newKey = Buffer.alloc(32, 'new');

describe('a key ring', () => {
  test('uses its first key, and knows all by their kid', () => {
    const ring = createKeyRing([newKey, oldKey]);
    const oldKid = createKeyRing([oldKey]).first.kid;
    expect(ring.first.kid).toBe(createKeyRing([newKey]).first.kid);
    expect(ring.byKid(ring.first.kid)).toBe(ring.first);
    expect(ring.byKid(oldKid)?.subkey('seal')).toEqual(createKeyRing([oldKey]).first.subkey('seal'));
  });

  test('gives a key the same kid in every process, for stored data names it', () => {
    expect(createKeyRing([oldKey]).first.kid).toBe('3472c057');
  });

  test('knows no other kid', () => {
    const ring = createKeyRing([newKey]);
    for (const kid of [createKeyRing([oldKey]).first.kid, '', '__proto__', 'constructor']) {
      expect(ring.byKid(kid)).toBeNull();
    }
  });

  test('has a subkey of its own for each purpose, none of them the key', () => {
    const { first } = createKeyRing([oldKey]);
    const all = [oldKey, first.subkey('token'), first.subkey('seal')].map((key) => key.toString('hex'));
    expect(new Set(all).size).toBe(3);
  });

  test('says nothing about a key, not in its kid and not when it is printed', () => {
    const ring = createKeyRing([oldKey]);
    const printed = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    for (const secret of [oldKey, ring.first.subkey('token'), ring.first.subkey('seal')]) {
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
        expect(printed).not.toContain(secret.toString(encoding).slice(0, 8));
      }
      expect(sha256Hex(secret)).not.toContain(ring.first.kid);
    }
  });

  test('needs a key of 32 bytes', () => {
    expect(() => createKeyRing([])).toThrow(TypeError);
    expect(() => createKeyRing([newKey, Buffer.alloc(31)])).toThrow(TypeError);
  });
});
