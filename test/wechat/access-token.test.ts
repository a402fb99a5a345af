import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { deferred, hold } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { createTestClock } from '../support/test-gateway.js';
import { app, type Caller, failureOf, openScene, otherApp, type Scene } from './scene.js';
import { RID, refusal, SECRET, TOKEN_CANARY } from './stand-in.js';

const SECONDS = 1000;
const LIFETIME_MS = 7200 * SECONDS;

const get = ({ accessTokens }: Caller, refused?: string) =>
  accessTokens.get(app, refused === undefined ? {} : { refused });
const times = <T>(count: number, work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

describeOnEachDatabase(
  'an access token',
  (open) => {
    let stores: SharedStores;
    let scene: Scene;
    let p1: Caller;
    let p2: Caller;

    beforeEach(async () => {
      stores = await open();
      scene = await openScene(stores);
      p1 = await scene.caller();
      p2 = await scene.caller();
    });
    afterEach(async () => {
      await scene.close();
      await stores.close();
    });

    const requests = () => scene.apis.tokenRequests.length;

    test('is asked for once, by one of two processes, however many callers want it', async () => {
      const tokens = await times(rounds(20, 500), (n) => get(n % 2 === 0 ? p1 : p2));
      expect(new Set(tokens)).toEqual(new Set([`${TOKEN_CANARY}-wxone-1`]));
      expect(await get(p1)).toBe(tokens[0]);
      expect(scene.apis.tokenRequests).toEqual([{ appid: 'wxone', secret: SECRET, force: false }]);
    });

    test('is kept sealed, for this app alone', async () => {
      const token = await get(p1);
      await p1.accessTokens.get(otherApp);
      const [row] = await stores.ask<{ token: string }>("SELECT token FROM access_tokens WHERE appid = 'wxone'");
      expect(row?.token).toMatch(/^v1\./);
      await stores.ask(`UPDATE access_tokens SET token = '${row?.token}' WHERE appid = 'wxtwo'`);
      const p3 = await scene.caller();
      expect(await p3.accessTokens.get(otherApp)).toBe(`${TOKEN_CANARY}-wxtwo-2`);
      expect(await get(p3)).toBe(token);
      expect(requests()).toBe(3);
    });

    test('that was sealed under a key nobody has any more is asked for again', async () => {
      const token = await get(p1);
      const p3 = await scene.caller({ keys: createKeyRing([Buffer.alloc(32, 7)]) });
      expect([await get(p3), requests()]).toEqual([token, 2]);
    });

    test('is not renewed while more than five minutes are left', async () => {
      const token = await get(p1);
      scene.clock.advance(LIFETIME_MS - 301 * SECONDS);
      expect([await get(p1), await get(p2), requests()]).toEqual([token, token, 1]);
    });

    test('is renewed from five minutes before its end, once, while callers have the present one', async () => {
      const token = await get(p1);
      await get(p2);
      scene.clock.advance(LIFETIME_MS - 299 * SECONDS);
      const [arrived, goOn] = [deferred<void>(), deferred<void>()];
      scene.apis.onTokenRequest = async () => {
        arrived.resolve();
        await goOn.promise;
        return undefined;
      };
      expect(new Set(await times(20, (n) => get(n % 2 === 0 ? p1 : p2)))).toEqual(new Set([token]));
      await arrived.promise;
      expect(await get(p2)).toBe(token);
      goOn.resolve();
      await p1.accessTokens.close();
      await p2.accessTokens.close();
      expect([await get(p1), await get(p2)]).toEqual(Array(2).fill(`${TOKEN_CANARY}-wxone-2`));
      expect(requests()).toBe(2);
    });

    test('that runs out in ten seconds is waited for', async () => {
      const token = await get(p1);
      scene.clock.advance(LIFETIME_MS - 10 * SECONDS);
      expect(new Set(await times(20, (n) => get(n % 2 === 0 ? p1 : p2)))).toEqual(new Set([`${TOKEN_CANARY}-wxone-2`]));
      expect(await get(p1)).not.toBe(token);
      expect(requests()).toBe(2);
    });

    test('that was refused is replaced by the one of another process, without asking', async () => {
      const token = await get(p1);
      await get(p2);
      scene.apis.revoke('wxone');
      const next = await get(p1, token);
      expect([await get(p2, token), await get(p2), await get(p1)]).toEqual([next, next, next]);
      expect(next).toBe(`${TOKEN_CANARY}-wxone-2`);
      expect(scene.apis.tokenRequests.map(({ force }) => force)).toEqual([false, false]);
    });

    test('that was refused by everybody at once is asked for once, and not forced', async () => {
      const token = await get(p1);
      await get(p2);
      scene.apis.revoke('wxone');
      const next = await times(rounds(20, 500), (n) => get(n % 2 === 0 ? p1 : p2, token));
      expect(new Set(next)).toEqual(new Set([`${TOKEN_CANARY}-wxone-2`]));
      expect(scene.apis.tokenRequests.map(({ force }) => force)).toEqual([false, false]);
    });

    test('that WeChat refuses and gives again is forced, once in 30 s over all processes', async () => {
      const token = await get(p1);
      const forced = await get(p1, token);
      expect(forced).toBe(`${TOKEN_CANARY}-wxone-2`);
      scene.clock.advance(29 * SECONDS);
      for (const caller of [p1, p2]) {
        const error = await failureOf(get(caller, forced));
        expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', alarm: true, log: { kind: 'token not replaced' } });
      }
      expect(scene.apis.tokenRequests.map(({ force }) => force)).toEqual([false, false, true, false, false]);
      // It is WeChat's, all the same: other calls may do with it.
      expect(await get(p1)).toBe(forced);
      scene.clock.advance(6 * SECONDS);
      expect(await get(p2, forced)).toBe(`${TOKEN_CANARY}-wxone-3`);
      expect(await get(p1, forced)).toBe(`${TOKEN_CANARY}-wxone-3`);
    });

    test('that cannot be replaced is tried every five seconds, however many ask', async () => {
      const token = await get(p1);
      const forced = await get(p1, token);
      await times(20, () => failureOf(get(p1, forced)));
      await failureOf(get(p1, forced));
      expect(requests()).toBe(4);
      scene.clock.advance(5 * SECONDS);
      await failureOf(get(p1, forced));
      expect(requests()).toBe(5);
    });

    test('comes through the second secret while the first is refused, and tells what is wrong when both are', async () => {
      const rotating = { ...app, secrets: ['CANARY-old', 'CANARY-new'] } as const;
      scene.apis.secrets.set('wxone', 'CANARY-new');
      await p1.accessTokens.get(rotating);
      expect(scene.apis.tokenRequests.map(({ secret }) => secret)).toEqual(['CANARY-old', 'CANARY-new']);
      scene.apis.secrets.set('wxone', 'another');
      scene.clock.advance(LIFETIME_MS);
      const error = await failureOf(p1.accessTokens.get(rotating), 'CANARY-old', 'CANARY-new');
      expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', alarm: true, log: { errcode: 40125, rid: RID } });
      expect(error.detail).toMatch(/^app wxone: .*secret/);
    });

    describe('while the database is in trouble', () => {
      test('is answered when it cannot be written, and kept in this process', async () => {
        p1.faults.plan('transaction', 'pass', 'fail before');
        const token = await get(p1);
        expect([await get(p1), requests(), p1.storeFailures.length]).toEqual([token, 1, 1]);
      });

      test('is asked for once by each process when it cannot be read', async () => {
        p1.faults.always('transaction', 'fail before');
        p1.faults.always('query', 'fail before');
        const tokens = await times(50, () => get(p1));
        expect([new Set(tokens).size, await get(p1), requests()]).toEqual([1, tokens[0], 1]);
        expect(p1.storeFailures).toHaveLength(1);
      });

      test('is replaced when WeChat has another, and not forced when it has none', async () => {
        const token = await get(p1);
        p1.faults.always('transaction', 'fail before');
        scene.apis.revoke('wxone');
        const next = await get(p1, token);
        expect(next).toBe(`${TOKEN_CANARY}-wxone-2`);
        expect(await failureOf(get(p1, next))).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', alarm: true });
        expect(scene.apis.tokenRequests.map(({ force }) => force)).toEqual([false, false, false]);
      });
    });

    describe('that another process is asking for', () => {
      let goOn: () => void;
      let asking: Promise<string>;

      beforeEach(async () => {
        const [arrived, released] = [deferred<void>(), deferred<void>()];
        goOn = () => released.resolve();
        scene.apis.onTokenRequest = async () => {
          scene.apis.onTokenRequest = null;
          arrived.resolve();
          await released.promise;
          return undefined;
        };
        asking = get(p2);
        await arrived.promise;
      });
      afterEach(async () => {
        goOn();
        await asking;
      });

      test('is waited for', async () => {
        const waiting = get(p1);
        goOn();
        expect([await waiting, requests()]).toEqual([await asking, 1]);
      });

      test('is waited for by one that began a moment earlier, and got the lock later', async () => {
        scene.clock.advance(-50);
        const waiting = get(p1);
        goOn();
        expect([await waiting, requests()]).toEqual([await asking, 1]);
      });

      test('is asked for by the next when ten seconds are over, and not before', async () => {
        scene.clock.advance(9_999);
        const look = hold('after');
        p1.faults.plan('transaction', look);
        const waiting = get(p1);
        await look.arrived;
        scene.clock.advance(1);
        look.release();
        const token = await waiting;
        expect(p1.faults.calls).toEqual(['transaction', 'transaction', 'transaction']);
        goOn();
        expect([await asking, requests()]).toEqual([token, 2]);
      });

      test('is not kept when somebody else has the turn by now', async () => {
        await stores.ask("UPDATE access_tokens SET lease_owner = 'another'");
        goOn();
        await asking;
        const rows = await stores.ask('SELECT token, lease_owner FROM access_tokens');
        expect(rows).toMatchObject([{ token: null, lease_owner: 'another' }]);
      });

      test('is asked for as well when it takes too long', async () => {
        const p3 = await scene.caller({ patienceMs: 0 });
        const token = await get(p3);
        expect(requests()).toBe(2);
        goOn();
        expect(await asking).toBe(token);
      });

      test('is not waited for longer than the caller has', async () => {
        const error = await failureOf(p1.accessTokens.get(app, { timeoutMs: 50 }));
        expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout', appid: 'wxone' } });
        goOn();
        await p1.accessTokens.close();
      });
    });

    test('is asked for by the next at once when who asked was refused', async () => {
      scene.apis.onTokenRequest = () => refusal(40013, 'invalid appid');
      await failureOf(get(p1));
      expect(await stores.ask('SELECT lease_owner FROM access_tokens')).toEqual([{ lease_owner: null }]);
      scene.apis.onTokenRequest = null;
      expect([await get(p2), requests()]).toEqual([`${TOKEN_CANARY}-wxone-1`, 2]);
    });

    test('is not waited for because the clock was put back', async () => {
      const ahead = createTestClock(scene.clock.now() + 3_600_000);
      const p3 = await scene.caller({ clock: ahead });
      // Its lease stays behind, and what it has forced.
      const token = await get(p3);
      await get(p3, token);
      await stores.ask(
        `UPDATE access_tokens SET token = NULL, lease_owner = 'p3', lease_until = ${ahead.now() + 10_000}`,
      );
      const next = await get(p1);
      expect(next).toBe(`${TOKEN_CANARY}-wxone-2`);
      expect(await get(p1, next)).toBe(`${TOKEN_CANARY}-wxone-3`);
    });

    test('is good for as long in a process whose clock goes wrong', async () => {
      const wrong = createTestClock(scene.clock.now() - 3_600_000);
      // On PostgreSQL rows have the server's time, and here each has its own.
      const p3 = await scene.caller({ now: wrong.now });
      const p4 = await scene.caller({ now: wrong.now });
      const token = await get(p3);
      expect(await get(p4)).toBe(token);
      const [row] = await stores.ask<{ expires_at: string }>('SELECT expires_at FROM access_tokens');
      expect(Number(row?.expires_at)).toBe(scene.clock.now() + LIFETIME_MS);
      wrong.advance(LIFETIME_MS - 10 * SECONDS);
      scene.clock.advance(LIFETIME_MS - 10 * SECONDS);
      expect(await get(p3)).not.toBe(token);
      expect(await get(p4)).not.toBe(token);
    });
  },
  { postgres: 'soak' },
);

describe('what WeChat answers to who asks for an access token', () => {
  let scene: Scene;
  let caller: Caller;
  beforeAll(async () => {
    scene = await openScene();
    caller = await scene.caller();
  });
  afterAll(() => scene.close());

  const misconfigured = { code: 'INTERNAL_SERVER_ERROR', alarm: true };
  test.each([
    [-1, { code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false }],
    [40001, misconfigured],
    [40002, misconfigured],
    [40013, misconfigured],
    [40125, misconfigured],
    [40164, misconfigured],
    [40243, misconfigured],
    [41002, misconfigured],
    [41004, misconfigured],
    [43002, misconfigured],
    [45009, { code: 'RATE_LIMITED', retryAfterSeconds: 3600, alarm: false }],
    [45011, { code: 'RATE_LIMITED', retryAfterSeconds: 60, alarm: false }],
    [47001, misconfigured],
    [48001, misconfigured],
    [89503, misconfigured],
    [89506, misconfigured],
    [12345, { code: 'PLATFORM_UNAVAILABLE', alarm: false }],
  ])('%d, as a number or a string, costs one request', async (errcode, expected) => {
    for (const sent of [errcode, String(errcode)]) {
      scene.apis.tokenRequests.length = 0;
      scene.apis.onTokenRequest = ({ secret }) => ({ errcode: sent, errmsg: `${secret} is wrong, rid: ${RID}` });
      const error = await failureOf(get(caller));
      expect(error).toMatchObject(expected);
      expect(error.log).toMatchObject({ platform: 'WECHAT', appid: 'wxone', errcode, rid: RID });
      expect(scene.apis.tokenRequests).toHaveLength(1);
    }
  });

  const token = `${TOKEN_CANARY}-x`;
  test.each([
    ['no token', { expires_in: 7200 }],
    ['an empty token', { access_token: '', expires_in: 7200 }],
    ['a token that is a number', { access_token: 7, expires_in: 7200 }],
    ['a token of 2 KB', { access_token: token.repeat(100), expires_in: 7200 }],
    ['a token with a line break', { access_token: `${token}\n`, expires_in: 7200 }],
    ['no lifetime', { access_token: token }],
    ['a lifetime of 0', { access_token: token, expires_in: 0 }],
    ['a lifetime of a year', { access_token: token, expires_in: 31_536_000 }],
    ['a lifetime that is a text', { access_token: token, expires_in: '7200' }],
    ['a list', [{ access_token: token, expires_in: 7200 }]],
  ])('with %s is PLATFORM_UNAVAILABLE', async (_name, answer) => {
    scene.apis.onTokenRequest = () => answer;
    expect(await failureOf(get(caller))).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'bad_answer' } });
  });
});

describe('an access token of one process', () => {
  const token = `${TOKEN_CANARY}-x`;
  let scene: Scene;
  let caller: Caller;
  beforeEach(async () => {
    scene = await openScene();
    caller = await scene.caller();
  });
  afterEach(() => scene.close());

  test('may have 512 characters', async () => {
    const long = token.padEnd(512, 'x');
    scene.apis.onTokenRequest = () => ({ access_token: long, expires_in: 7200 });
    expect(await get(caller)).toBe(long);
  });

  test('that does not come is PLATFORM_UNAVAILABLE when the caller has no more time', async () => {
    const released = deferred<void>();
    scene.apis.onTokenRequest = async () => {
      await released.promise;
      return undefined;
    };
    const error = await failureOf(caller.accessTokens.get(app, { timeoutMs: 60 }));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    released.resolve();
    // Whoever comes next has it.
    expect(await get(caller)).toBe(`${TOKEN_CANARY}-wxone-1`);
    expect(scene.apis.tokenRequests).toHaveLength(1);
  });

  test('that came late is good from when it was asked for', async () => {
    scene.apis.onTokenRequest = () => {
      scene.clock.advance(60 * SECONDS);
      return { access_token: token, expires_in: 100 };
    };
    expect(await get(caller)).toBe(token);
    scene.apis.onTokenRequest = () => ({ access_token: `${token}2`, expires_in: 7200 });
    scene.clock.advance(30 * SECONDS);
    expect(await get(caller)).toBe(`${token}2`);
  });

  test('that cannot be renewed is the callers for a while yet, and is tried again every five seconds', async () => {
    let failed = deferred<void>();
    caller = await scene.caller({ onRenewalFailure: () => failed.resolve() });
    const present = await get(caller);
    scene.clock.advance(LIFETIME_MS - 200 * SECONDS);
    scene.apis.onTokenRequest = () => refusal(-1, 'system error');
    for (const requests of [2, 3]) {
      expect([await get(caller), await get(caller)]).toEqual([present, present]);
      await failed.promise;
      failed = deferred<void>();
      scene.clock.advance(5 * SECONDS - 1);
      const asked = caller.faults.calls.length;
      expect(await get(caller)).toBe(present);
      expect([caller.faults.calls.length, scene.apis.tokenRequests.length]).toEqual([asked, requests]);
      scene.clock.advance(1);
    }
  });

  test('is renewed no more when it is closed, and what is under way is waited for', async () => {
    await get(caller);
    scene.clock.advance(LIFETIME_MS - 200 * SECONDS);
    const [arrived, released] = [deferred<void>(), deferred<void>()];
    scene.apis.onTokenRequest = async () => {
      arrived.resolve();
      await released.promise;
      return refusal(-1, 'system error');
    };
    const present = await get(caller);
    await arrived.promise;
    const closing = caller.accessTokens.close();
    released.resolve();
    await closing;
    expect(caller.renewalFailures).toMatchObject([{ code: 'PLATFORM_UNAVAILABLE', log: { errcode: -1 } }]);
    scene.clock.advance(5 * SECONDS);
    const asked = caller.faults.calls.length;
    expect([await get(caller), caller.faults.calls.length]).toEqual([present, asked]);
  });
});
