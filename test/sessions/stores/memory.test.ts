import { describe } from '@jest/globals';
import { createMemoryAdapter } from '../../../src/sessions/stores/memory.js';
import { keyvSuite } from '../../suites/keyv.js';
import { sessionStoreSuite } from '../../suites/session-store.js';

sessionStoreSuite('memory', async () => ({
  adapter: createMemoryAdapter(),
  breakDown: null,
  close: async () => undefined,
}));

describe('the memory adapter under the tests of Keyv', () => {
  const values = new Map<string, string>();
  keyvSuite(() => createMemoryAdapter(values), { iterates: false });
});
