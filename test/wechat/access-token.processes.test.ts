import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { startChild, type TestChild } from '../support/child-process.js';
import { deferred } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import type { Outcome } from './children/caller.js';
import { app, openScene, type Scene } from './scene.js';

const CALLS = rounds(60, 500);
const LIFETIME_MS = 7_200_000;
const KEY = 'CANARY-server-key-32-bytes-long!';

/** The same for all tests: to start one takes longer than a test. */
const children: TestChild[] = [];
afterAll(() => Promise.all(children.map((child) => child.kill())));

describeOnEachDatabase('the access token of three processes', (open) => {
  let stores: SharedStores;
  let scene: Scene;

  beforeEach(async () => {
    stores = await open();
    // Processes of their own have the clock on the wall.
    scene = await openScene(stores, Date.now());
    while (children.length < 3) children.push(startChild(new URL('./children/caller.ts', import.meta.url)));
    await Promise.all(children.map((child) => child.ask('start', scene.apis.url, stores.config, KEY)));
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.ask('stop')));
    await scene.close();
    await stores.close();
  });

  const forces = () => scene.apis.tokenRequests.map(({ force }) => force);

  const callFromAll = () => judged(children.map((child) => child.ask('call', app, Math.ceil(CALLS / 3))));

  /**
   * No call fails. Gives how many processes had to do without the database, on a machine that has too much to do: such a
   * one asks WeChat by itself, and may not force it to replace a token.
   */
  async function judged(asked: Promise<unknown>[]): Promise<number> {
    const outcomes = (await Promise.all(asked)) as Outcome[];
    const isExcused = (failure: string, storeFailures: number) =>
      storeFailures > 0 && failure.includes('token not replaced');
    const failures = outcomes.flatMap(({ failures, storeFailures }) =>
      failures.filter((failure) => !isExcused(failure, storeFailures)),
    );
    expect(failures).toEqual([]);
    return outcomes.filter(({ storeFailures }) => storeFailures > 0).length;
  }

  /** One request in all; who cannot ask the database asks WeChat. */
  async function oneRequest(): Promise<void> {
    const before = forces().length;
    const alone = await callFromAll();
    const requests = forces().length - before;
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThanOrEqual(1 + alone);
    expect(forces()).not.toContain(true);
  }

  test('costs one request when it is cold, one when it has run out, and one when it was revoked in the middle', async () => {
    await oneRequest();

    scene.clock.advance(LIFETIME_MS);
    await Promise.all(children.map((child) => child.ask('advance', LIFETIME_MS)));
    await oneRequest();

    let served = 0;
    scene.apis.onCall = () => {
      served += 1;
      if (served === Math.ceil(CALLS / 2)) scene.apis.revoke('wxone');
      return undefined;
    };
    await oneRequest();
    expect(served).toBe(3 * Math.ceil(CALLS / 3));
  });

  test('is forced by one of them, and the others have it', async () => {
    await callFromAll();
    const [first] = scene.apis.calls.map(({ token }) => token);
    scene.apis.onCall = ({ token }) => (token === first ? { errcode: 40001, errmsg: 'not latest' } : undefined);
    await callFromAll();
    expect(forces().filter(Boolean)).toEqual([true]);
  });

  test('is asked for by another when the one that was asking is killed -9, ten seconds later', async () => {
    const [arrived, never] = [deferred<void>(), deferred<undefined>()];
    scene.apis.onTokenRequest = () => {
      arrived.resolve();
      return never.promise;
    };
    const [killed] = children.splice(0, 1) as [TestChild];
    const asking = expect(killed.ask('call', app, 5)).rejects.toThrow('SIGKILL');
    await arrived.promise;
    await killed.kill();
    await asking;
    scene.apis.onTokenRequest = null;

    // One waits for the killed one, by clocks that are set forward now. The other looks only when both are: a lease
    // that ends in the far future is taken for one of a clock that was put back.
    const [waiter, other] = children as [TestChild, TestChild];
    const waiting = waiter.ask('call', app, 5);
    for (const child of children) await child.ask('advance', 10_000);
    const alone = await judged([waiting, other.ask('call', app, 5)]);
    const [ofKilled, ...others] = forces();
    expect([ofKilled, others[0]]).toEqual([false, false]);
    expect(others.length).toBeLessThanOrEqual(1 + alone);
    expect(others).not.toContain(true);
  });
});
