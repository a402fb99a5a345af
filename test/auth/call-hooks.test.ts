import { describe, expect, test } from '@jest/globals';
import { createHookCalls } from '../../src/auth/call-hooks.js';
import type { Hooks, LoginEvent } from '../../src/auth/hooks.js';
import { createLog } from '../../src/observe/log.js';
import type { Ending } from '../../src/sessions/session-ends.js';
import { deferred } from '../support/faults.js';
import { captureLog } from '../support/log-capture.js';

const LOGIN: LoginEvent = {
  user: { id: 'user', createdAt: new Date(0) },
  isNewUser: true,
  identity: { platform: 'WECHAT', appid: 'wx', openid: 'alice', unionid: null },
  tenant: 'default',
  ip: null,
  device: null,
  by: 'code',
};

const ending = (sid: string, changed: Partial<Ending> = {}): Ending => ({
  ...{ sid, tokenHash: '', userId: 'user', reason: 'logout', wasLive: true, isNew: true },
  ...changed,
});

function calls(hooks: Hooks, bounds: Parameters<typeof createHookCalls>[2] = {}) {
  const captured = captureLog();
  return { calls: createHookCalls(hooks, createLog('info', captured.destination), bounds), lines: captured.lines };
}

const never = () => new Promise<never>(() => undefined);

describe('the hook onLogin', () => {
  test.each([
    ['false', () => false, false],
    ['false, later', async () => false, false],
    ['true', () => true, true],
    ['nothing', () => undefined, true],
    ['nothing, later', async () => undefined, true],
  ])('that gives %s decides so', async (_, onLogin, isAllowed) => {
    expect(await calls({ onLogin }).calls.allowsLogin(LOGIN)).toBe(isAllowed);
  });

  test('that is not there allows every login', async () => {
    expect(await calls({}).calls.allowsLogin(LOGIN)).toBe(true);
  });

  test.each([
    ['throws', () => Promise.reject(new TypeError('CANARY of the hook')), 'TypeError'],
    ['does not answer in time', never, 'DeadlineError'],
  ])('that %s refuses nothing, and leaves one line', async (_, onLogin, causeClass) => {
    const { calls: hooks, lines } = calls({ onLogin }, { timeoutMs: 20 });
    expect(await hooks.allowsLogin(LOGIN)).toBe(true);
    expect(lines()).toMatchObject([{ level: 50, hook: 'onLogin', causeClass }]);
    expect(JSON.stringify(lines())).not.toContain('CANARY');
  });
});

describe('a hook that nobody waits for', () => {
  test('is called for live sessions that end, and for those whose end somebody else had begun', async () => {
    const told: unknown[] = [];
    const { calls: hooks } = calls({ onSessionEnded: (event) => void told.push(event) });
    hooks.sessionsEnded([
      ending('live', { reason: 'banned' }),
      ending('over', { wasLive: false }),
      ending('unfinished', { wasLive: false, isNew: false, reason: 'revoked' }),
      ending('not stored', { wasLive: false, isNew: false, reason: 'not stored' }),
      ending('vetoed', { wasLive: false, isNew: false, reason: 'vetoed' }),
    ]);
    await hooks.close();
    expect(told).toEqual([
      { sessionId: 'live', userId: 'user', reason: 'banned' },
      { sessionId: 'unfinished', userId: 'user', reason: 'revoked' },
    ]);
  });

  test('that fails leaves one line for each call, and the others are called', async () => {
    const told: string[] = [];
    const onSessionEnded = ({ sessionId }: { sessionId: string }) => {
      if (sessionId === 'b') throw new Error('no');
      told.push(sessionId);
    };
    const { calls: hooks, lines } = calls({ onSessionEnded });
    hooks.sessionsEnded(['a', 'b', 'c'].map((sid) => ending(sid)));
    await hooks.close();
    expect(told).toEqual(['a', 'c']);
    expect(lines()).toMatchObject([{ level: 50, hook: 'onSessionEnded', causeClass: 'Error' }]);
  });

  test('runs a bounded number of times at once, and beyond those that wait it is not called, which one line says', async () => {
    const gate = deferred<void>();
    let atOnce = 0;
    let called = 0;
    const onUserCreated = async () => {
      called += 1;
      atOnce += 1;
      expect(atOnce).toBeLessThanOrEqual(2);
      await gate.promise;
      atOnce -= 1;
    };
    const { calls: hooks, lines } = calls({ onUserCreated }, { atOnce: 2, maxWaiting: 3 });
    for (let n = 0; n < 20; n += 1) hooks.userCreated({ user: LOGIN.user, tenant: 'default' });
    gate.resolve();
    await hooks.close();
    expect(called).toBe(5);
    expect(lines().map(({ msg }) => msg)).toEqual(['hooks are too slow: some are not called']);

    hooks.userCreated({ user: LOGIN.user, tenant: 'default' });
    await hooks.close();
    expect(called).toBe(6);
  });

  test('that never answers keeps no close waiting', async () => {
    const { calls: hooks, lines } = calls({ onUsersMerged: never }, { timeoutMs: 20, atOnce: 1 });
    const merged = { userId: 'a', mergedUserId: 'b', because: 'asked' } as const;
    hooks.usersMerged([merged, merged, merged]);
    await hooks.close();
    expect(lines().at(-1)).toMatchObject({ level: 50, msg: 'hooks are too slow: some are not called' });
  });
});
