import { afterEach, beforeEach, expect, test } from '@jest/globals';
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import Keyv, { type KeyvStoreAdapter } from 'keyv';

type KeyvTest = Parameters<typeof keyvTestSuite>[0];

/** What the suite takes of vitest: its tests get `expect` handed in. */
const vitest = {
  it: (name: string, body: (context: { expect: typeof expect }) => unknown) =>
    test(name, async () => {
      await body({ expect });
    }),
  beforeEach,
  afterEach,
} as unknown as KeyvTest;

/** Keyv's own suite for storage adapters. @param store an adapter of its own at each call, all over the same values. */
export function keyvSuite(store: () => KeyvStoreAdapter, { iterates }: { iterates: boolean }): void {
  keyvTestSuite(vitest, Keyv, store);
  if (iterates) keyvIteratorTests(vitest, Keyv, store);
}
