import { expect, test } from '@jest/globals';
import { hashSlotOf } from '../../src/lib/hash-slot.js';

// As CLUSTER KEYSLOT answers; the first is the check value of CRC16.
test.each([
  ['123456789', 0x31c3],
  ['', 0],
  ['foo', 12182],
  ['menjin:session:', 7607],
  ['{user1000}.following', 3443],
  ['user1000', 3443],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['foo{bar}{zap}', 5061],
  ['bar', 5061],
  ['门禁', 16097],
])('the key %j is in slot %i', (key, slot) => {
  expect(hashSlotOf(key)).toBe(slot);
});
