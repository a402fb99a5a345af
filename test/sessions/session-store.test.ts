import { describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../src/lib/deadline.js';
import { createSessionStore, type SessionAdapter, type SessionStore } from '../../src/sessions/session-store.js';
import { createMemoryAdapter } from '../../src/sessions/stores/memory.js';
import { HASH, NOW, VALUE } from '../suites/session-store.js';
import { startOwnTime } from '../support/own-time.js';

const calls: [name: string, call: (store: SessionStore) => Promise<unknown>][] = [
  ['get', (store) => store.get(HASH)],
  ['set', (store) => store.set(HASH, VALUE, NOW)],
  ['replace', (store) => store.replace(HASH, VALUE, NOW)],
  ['delete', (store) => store.delete(HASH)],
  ['deleteAll', async (store) => store.deleteAll([HASH])],
  ['sweep', async (store) => store.sweep(NOW, 1)],
];

/** An adapter each of whose calls ends in the same way. */
function adapterThat(ends: () => Promise<never>): SessionAdapter {
  return Object.assign(createMemoryAdapter(), {
    get: ends,
    set: ends,
    replace: ends,
    delete: ends,
    deleteMany: ends,
    sweep: ends,
  });
}

describe('a session store whose adapter fails', () => {
  const failure = new Error('connection reset');
  const failing = () =>
    createSessionStore(
      adapterThat(async () => {
        throw failure;
      }),
    );

  test.each(calls)('answers %s with SERVICE_UNAVAILABLE and the cause for the log', async (_name, call) => {
    await expect(call(failing())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      cause: failure,
      log: { store: 'sessions' },
    });
  });

  test('does not take a failed parse inside the adapter for a corrupt value', async () => {
    const store = createSessionStore(
      adapterThat(async () => {
        throw new SyntaxError('the answer of the store was cut off');
      }),
    );
    await expect(store.get(HASH)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('does not take an unconfirmed set for done', async () => {
    const store = createSessionStore(Object.assign(createMemoryAdapter(), { set: async () => false }));
    await expect(store.set(HASH, VALUE, NOW)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('a session store whose adapter hangs', () => {
  test.each(calls)('ends %s at its deadline', async (_name, call) => {
    const store = createSessionStore(
      adapterThat(() => new Promise(() => undefined)),
      30,
    );
    const took = startOwnTime();
    await expect(call(store)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      cause: expect.any(DeadlineError),
    });
    expect(took()).toBeLessThan(1_500);
  });

  test('ends closing too', async () => {
    const hanging = Object.assign(createMemoryAdapter(), { disconnect: () => new Promise<void>(() => undefined) });
    await expect(createSessionStore(hanging, 30).close()).rejects.toThrow(DeadlineError);
  });
});
