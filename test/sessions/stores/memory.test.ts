import { describe, expect, test } from '@jest/globals';
import { createMemoryAdapter } from '../../../src/sessions/stores/memory.js';
import { keyvSuite } from '../../suites/keyv.js';
import { sessionStoreSuite } from '../../suites/session-store.js';

sessionStoreSuite('memory', async () => ({
  adapter: createMemoryAdapter(),
  breakDown: null,
  close: async () => undefined,
}));

describe('the memory adapter under the tests of Keyv', () => {
  const entries = new Map();
  keyvSuite(() => createMemoryAdapter(entries), { iterates: false });
});

test('the memory adapter does not grow by sessions that nobody reads again', async () => {
  const entries = new Map();
  let now = 0;
  const adapter = createMemoryAdapter(entries, () => now);
  for (let n = 0; n < 10_000; n += 1) {
    now += 1;
    await adapter.set(`short ${n}`, 'value', 100);
    if (n % 100 === 0) await adapter.set(`kept ${n}`, 'value', 1_000_000);
  }
  expect(entries.size).toBeLessThan(500);
  expect(await adapter.get('kept 0')).toBe('value');
});
