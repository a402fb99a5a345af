import { expect, test } from '@jest/globals';
import { randomId } from '../../src/lib/random.js';

test('an identifier has 22 characters of base64url, and comes once', () => {
  const ids = Array.from({ length: 1_000 }, randomId);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(new Set(ids).size).toBe(ids.length);
});
