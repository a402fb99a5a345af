import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Hooks } from '../../src/auth/hooks.js';
import { composeGateway } from '../../src/gateway.js';
import { openStores } from '../../src/stores.js';
import { createTestGateway } from '../../src/testing/index.js';
import { deferred } from '../support/faults.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  freshRequestId,
  makeTempDir,
  startTestGateway,
  type TempDir,
  type TestGateway,
  testConfig,
} from '../support/test-gateway.js';

const UNUSED = 'http://127.0.0.1:9';

describe('hooks', () => {
  let wechat: StandInWechat;
  let dir: TempDir;
  let told: [hook: string, event: unknown][];
  let gateway: TestGateway;
  let decide: Hooks['onLogin'];

  const keep = (hook: string) => (event: unknown) => void told.push([hook, event]);
  const toldOf = (hook: string) => told.filter(([name]) => name === hook).map(([, event]) => event);

  beforeEach(async () => {
    wechat = await startStandInWechat();
    dir = makeTempDir();
    told = [];
    decide = () => undefined;
    const hooks: Hooks = {
      onLogin: (login) => {
        told.push(['onLogin', login]);
        return decide?.(login);
      },
      onUserCreated: keep('onUserCreated'),
      onUsersMerged: keep('onUsersMerged'),
      onSessionEnded: keep('onSessionEnded'),
    };
    const apps = [APPID, 'wx2'].map(
      (appid) => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' }) as const,
    );
    gateway = await startTestGateway({
      wechatApiUrl: wechat.url,
      dataDir: dir.path,
      config: { apps },
      own: { hooks },
    });
  });

  afterEach(async () => {
    await gateway.close();
    await wechat.close();
    dir.remove();
  });

  const login = (openid: string, options = {}) => gateway.login(codeOf(openid), { appid: APPID, ...options });

  test('are told of a first login in this order: the user, then the login', async () => {
    const { viewer } = (await login('u-bob')).body.data.login;
    const user = { id: viewer.user.id, createdAt: new Date(viewer.user.createdAt) };
    await login('u-bob');
    const event = {
      user,
      isNewUser: true,
      identity: { platform: 'WECHAT', appid: APPID, openid: 'u-bob', unionid: 'union-u-bob' },
      tenant: 'default',
      ip: '127.0.0.1',
      device: expect.any(String),
      by: 'code',
    };
    expect(told).toEqual([
      ['onUserCreated', { user, tenant: 'default' }],
      ['onLogin', event],
      ['onLogin', { ...event, isNewUser: false }],
    ]);
  });

  test('a login that onLogin refuses is FORBIDDEN, also when it is sent again, and leaves no session', async () => {
    decide = ({ identity }) => identity.openid !== 'mallory';
    const [code, requestId] = [codeOf('mallory'), freshRequestId()];
    for (const _ of [1, 2]) {
      expect((await gateway.login(code, { appid: APPID, requestId })).code).toBe('FORBIDDEN');
    }
    expect((await login('mallory')).code).toBe('FORBIDDEN');
    expect((await login('alice')).code).toBeNull();
    expect(wechat.calls).toHaveLength(3);

    const stores = await openStores(gateway.running.config, gateway.clock.now);
    const rows = await stores.database.query((sql) => sql.selectFrom('sessions').select(['state', 'reason']).execute());
    await stores.close();
    expect(rows).toEqual([
      { state: 'ended', reason: 'vetoed' },
      { state: 'ended', reason: 'vetoed' },
      { state: 'open', reason: null },
    ]);
    gateway.clock.advance(10_000);
    await gateway.running.sweep();
    expect(toldOf('onSessionEnded')).toEqual([]);
  });

  test('a login goes on when onLogin throws, and a repeat that is answered the same session does not ask it again', async () => {
    decide = () => {
      throw new Error('CANARY');
    };
    const [code, requestId] = [codeOf('alice'), freshRequestId()];
    const answers = [await gateway.login(code, { appid: APPID, requestId })];
    answers.push(await gateway.login(code, { appid: APPID, requestId }));
    expect(answers.map((answer) => answer.code)).toEqual([null, null]);
    expect(toldOf('onLogin')).toHaveLength(1);
    const lines = gateway.logLines.filter((line) => line.hook !== undefined);
    expect(lines).toMatchObject([{ level: 50, hook: 'onLogin', causeClass: 'Error' }]);
    expect(JSON.stringify(lines)).not.toContain('CANARY');
  });

  test('no session exists while onLogin is asked', async () => {
    const asked = deferred<void>();
    const answer = deferred<boolean>();
    decide = async () => {
      asked.resolve();
      return answer.promise;
    };
    const underWay = login('alice');
    await asked.promise;
    expect(gateway.sessionFaults.calls).toEqual([]);
    answer.resolve(true);
    expect((await underWay).code).toBeNull();
    expect(gateway.sessionFaults.calls).toEqual(['set']);
  });

  test('are told once of a session that ends, with the reason, and of none that runs out', async () => {
    const session = async (openid: string, token: string | null = null) => {
      const { token: made, viewer } = (await login(openid, { token })).body.data.login;
      return { token: made as string, id: viewer.session.id as string, userId: viewer.user.id as string };
    };
    const first = await session('alice');
    const second = await session('alice', first.token);
    const third = await session('alice');
    await session('bob');
    await gateway.logout(second.token);
    await gateway.logout(second.token);
    const revoke = 'mutation { revokeSessions(input: { keepCurrent: false }) { ended } }';
    await gateway.graphql(revoke, { token: third.token });
    const { userId } = first;
    expect(toldOf('onSessionEnded')).toEqual([
      { sessionId: first.id, userId, reason: 'replaced' },
      { sessionId: second.id, userId, reason: 'logout' },
      { sessionId: third.id, userId, reason: 'revoked' },
    ]);
    gateway.clock.advance(31 * 86_400_000);
    await gateway.running.sweep();
    expect(toldOf('onSessionEnded')).toHaveLength(3);
  });

  test('are told of an end that only the sweep could finish', async () => {
    const token = await gateway.tokenFor(codeOf('alice'), { appid: APPID });
    gateway.sessionFaults.plan('delete', 'fail before');
    expect((await gateway.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
    expect(toldOf('onSessionEnded')).toEqual([]);
    gateway.clock.advance(10_000);
    await gateway.running.sweep();
    expect(toldOf('onSessionEnded')).toMatchObject([{ reason: 'logout' }]);
  });

  test('are told of users who turn out to be one', async () => {
    const ids: string[] = [];
    const answers = ['alice', 'alicia'].entries();
    for (const [n, openid] of answers) {
      ids.push((await login(openid, { appid: n === 0 ? APPID : 'wx2' })).body.data.login.viewer.user.id);
      gateway.clock.advance(1);
    }
    wechat.unionids.set(`${APPID} alice`, 'one-person').set('wx2 alicia', 'one-person');
    await login('alice');
    expect((await login('alicia', { appid: 'wx2' })).body.data.login.viewer.user.id).toBe(ids[0]);
    expect(toldOf('onUsersMerged')).toEqual([{ userId: ids[0], mergedUserId: ids[1], because: 'unionid' }]);
    expect(toldOf('onSessionEnded')).toMatchObject([{ userId: ids[1], reason: 'merged' }]);
    expect(toldOf('onUserCreated')).toHaveLength(2);
  });
});

test('a gateway that closes waits for the hooks that are under way', async () => {
  const gate = deferred<void>();
  let isDone = false;
  const onUserCreated = async () => {
    await gate.promise;
    isDone = true;
  };
  const gateway = await createTestGateway({ hooks: { onUserCreated } });
  await gateway.signInAs('alice');
  const closed = gateway.close();
  gate.resolve();
  await closed;
  expect(isDone).toBe(true);
});

test('a test gateway refuses a login as onLogin says', async () => {
  const gateway = await createTestGateway({ hooks: { onLogin: ({ isNewUser }) => !isNewUser } });
  await expect(gateway.signInAs('alice')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect((await gateway.signInAs('alice')).token).toMatch(/^mj_/);
  await gateway.close();
});

test.each([
  [null, 'hooks must be an object of functions.'],
  [() => true, 'hooks must be an object of functions.'],
  [{ onLogin: true }, 'hooks.onLogin must be a function.'],
  [
    { onLogout: () => undefined },
    'hooks has no onLogout. It has: onLogin, onUserCreated, onUsersMerged, onSessionEnded.',
  ],
])('hooks %p stop the start', async (hooks, message) => {
  const start = composeGateway(testConfig({ wechatApiUrl: UNUSED }), { hooks: hooks as Hooks });
  await expect(start).rejects.toThrow(new TypeError(message));
});
