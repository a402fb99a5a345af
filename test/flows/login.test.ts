import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { App } from '../../src/platforms/platform.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { answerJson, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  freshRequestId,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';

const MINUTE_MS = 60_000;

describeOnEachDatabase(
  'logging in with a code',
  (open) => {
    let wechat: StandInWechat;
    let gateway: TestGateway;
    let stores: SharedStores;

    beforeEach(async () => {
      wechat = await startStandInWechat();
      stores = await open();
      gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: stores.config });
    });

    afterEach(async () => {
      await gateway.close();
      await stores.close();
      await wechat.close();
    });

    test('makes the sender the viewer of every request that carries the token', async () => {
      const { login } = (await gateway.login(codeOf('alice'))).body.data;
      expect(login).toMatchObject({
        token: expect.stringMatching(/^mj_[A-Za-z0-9_-]{43}$/),
        expiresAt: '2026-01-08T00:00:00.000Z',
        isNewUser: true,
        viewer: { openid: 'alice', unionid: null, appid: APPID, platform: 'WECHAT', tenant: 'default' },
      });

      const { viewer } = (await gateway.viewer(login.token)).body.data;
      expect(viewer).toMatchObject({
        openid: 'alice',
        user: { id: login.viewer.user.id },
        session: { id: login.viewer.session.id, expiresAt: login.expiresAt },
      });
    });

    test('makes the user once, and finds them again', async () => {
      const first = (await gateway.login(codeOf('alice'))).body.data.login;
      gateway.clock.advance(MINUTE_MS);
      const second = (await gateway.login(codeOf('alice'))).body.data.login;
      expect([first.isNewUser, second.isNewUser]).toEqual([true, false]);
      expect(second.viewer.user).toEqual(first.viewer.user);
      expect(second.viewer.session.id).not.toBe(first.viewer.session.id);
    });

    test('keeps a unionid that appears later, and does not lose it when an answer has none', async () => {
      const token = { session_key: 'SessionKey00AAAAAAAAAA==', openid: 'alice' };
      wechat.behaviour = answerJson(token);
      const before = (await gateway.login(codeOf('alice'))).body.data.login.viewer;
      wechat.behaviour = answerJson({ ...token, unionid: 'union-alice' });
      const bound = (await gateway.login(codeOf('alice'))).body.data.login.viewer;
      wechat.behaviour = answerJson(token);
      const after = (await gateway.login(codeOf('alice'))).body.data.login.viewer;

      expect([before.unionid, bound.unionid, after.unionid]).toEqual([null, 'union-alice', 'union-alice']);
      expect([bound.user.id, after.user.id]).toEqual([before.user.id, before.user.id]);
    });

    test('a request without a token has a null viewer; one with a dead token is UNAUTHENTICATED', async () => {
      const anonymous = await gateway.viewer(null);
      expect([anonymous.status, anonymous.body]).toEqual([200, { data: { viewer: null } }]);

      const refused = await gateway.viewer(`mj_${'x'.repeat(43)}`);
      expect([refused.status, refused.code, refused.body.data]).toEqual([401, 'UNAUTHENTICATED', { viewer: null }]);
    });

    test('when the session store cannot answer, the viewer is unknown and the token stays good', async () => {
      const token = await gateway.tokenFor(codeOf('alice'));
      gateway.sessionFaults.plan('get', 'fail before');
      const unknown = await gateway.viewer(token);
      expect([unknown.status, unknown.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(unknown.body.errors[0].extensions.retryAfterSeconds).toBe(1);
      expect(unknown.headers['retry-after']).toBe('1');
      expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
    });

    test('logout ends the session everywhere, and is no error for a token that is dead or missing', async () => {
      const token = await gateway.tokenFor(codeOf('alice'));
      expect((await gateway.logout(token)).body).toEqual({ data: { logout: { ended: true } } });
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      for (const dead of [token, null, 'nonsense', `mj_${'x'.repeat(43)}`]) {
        expect((await gateway.logout(dead)).body).toEqual({ data: { logout: { ended: false } } });
      }
    });

    describe('a code sent again', () => {
      test('with the same requestId within 5 minutes answers the same session without a second exchange', async () => {
        const code = codeOf('alice');
        const requestId = freshRequestId();
        const first = await gateway.login(code, { requestId });
        gateway.clock.advance(5 * MINUTE_MS);
        expect((await gateway.login(code, { requestId })).body).toEqual(first.body);
        expect(wechat.calls).toHaveLength(1);

        gateway.clock.advance(1);
        const late = await gateway.login(code, { requestId });
        expect([late.code, late.body.errors[0].extensions.reason]).toEqual(['CODE_INVALID', 'USED']);
        expect(wechat.calls).toHaveLength(1);
      });

      test('without a requestId, or from another one, is CODE_INVALID', async () => {
        const code = codeOf('alice');
        await gateway.tokenFor(code, { requestId: freshRequestId() });
        for (const requestId of [undefined, freshRequestId()]) {
          const answer = await gateway.login(code, requestId === undefined ? {} : { requestId });
          expect([answer.status, answer.code, answer.body.errors[0].extensions.reason]).toEqual([
            200,
            'CODE_INVALID',
            'USED',
          ]);
        }
      });

      test('50 times at once with one requestId makes one exchange, one session, 50 equal answers', async () => {
        const code = codeOf('alice');
        const requestId = freshRequestId();
        const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.login(code, { requestId })));
        for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
        expect(answers[0]?.code).toBeNull();
        expect(wechat.calls).toHaveLength(1);
      });

      test('at once without a requestId is one exchange, too: nobody can tell a double tap from it', async () => {
        const code = codeOf('alice');
        const answers = await Promise.all([gateway.login(code), gateway.login(code)]);
        expect(answers[0]?.body).toEqual(answers[1]?.body);
        expect(wechat.calls).toHaveLength(1);
      });
    });

    test('50 first logins of one openid at once make one user', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.login(codeOf('alice'))));
      const logins = answers.map((answer) => answer.body.data.login);
      expect(new Set(logins.map((login) => login.viewer.user.id)).size).toBe(1);
      expect(logins.filter((login) => login.isNewUser)).toHaveLength(1);
      expect(new Set(logins.map((login) => login.token)).size).toBe(50);
    });

    describe('an argument that is not of the required form', () => {
      test.each([
        ['an empty code', ''],
        ['a code with a space', 'a b'],
        ['a code that would add a parameter', 'a&secret=x'],
        ['a code with a line break', 'a\nb'],
        ['a code of 129 characters', 'a'.repeat(129)],
        ['a code in Chinese', '登录'],
      ])('%s is BAD_USER_INPUT, before any call is made', async (_, code) => {
        const answer = await gateway.graphql('mutation ($code: String!) { login(input: { code: $code }) { token } }', {
          variables: { code },
        });
        expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
        expect(wechat.calls).toHaveLength(0);
      });

      test.each(['short', 'a'.repeat(65), 'with space in it..', '=================='])(
        'the requestId %j is BAD_USER_INPUT',
        async (requestId) => {
          expect((await gateway.login(codeOf('alice'), { requestId })).code).toBe('BAD_USER_INPUT');
          expect(wechat.calls).toHaveLength(0);
        },
      );

      test('an appid nobody configured is UNKNOWN_APP', async () => {
        const answer = await gateway.login(codeOf('alice'), { appid: 'wxother' });
        expect([answer.status, answer.code]).toEqual([200, 'UNKNOWN_APP']);
      });
    });

    test("DevTools' constant code reaches the platform outside production, and nothing does in production", async () => {
      const mock = 'the code is a mock one';
      wechat.behaviour = answerJson({ errcode: 40029, errmsg: 'invalid code' });
      expect((await gateway.login(mock)).code).toBe('CODE_INVALID');
      expect(wechat.calls.map((call) => call.code)).toEqual([mock]);

      const production = await startTestGateway({ wechatApiUrl: wechat.url, config: { environment: 'production' } });
      expect((await production.login(mock)).code).toBe('BAD_USER_INPUT');
      await production.close();
    });
  },
  { postgres: 'soak' },
);

describe('several apps in one deployment', () => {
  const app = (appid: string, tenant = 'default'): App => ({
    platform: 'WECHAT',
    appid,
    secrets: [APP_SECRET],
    tenant,
  });
  let wechat: StandInWechat;
  let gateway: TestGateway;

  beforeEach(async () => {
    wechat = await startStandInWechat();
    wechat.behaviour = (call, response) => {
      if (call.appid === 'wxbroken') response.end('{"errcode":40125,"errmsg":"invalid appsecret, rid: 1-2-3"}');
      else response.end(JSON.stringify({ openid: 'same', session_key: 'SessionKey00AAAAAAAAAA==' }));
      return undefined;
    };
    const apps = [app('wxone'), app('wxtwo'), app('wxbroken')];
    gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { apps } });
  });

  afterEach(async () => {
    await gateway.close();
    await wechat.close();
  });

  test('the same openid string of two apps is two identities and two users', async () => {
    const one = (await gateway.login(codeOf('same'), { appid: 'wxone' })).body.data.login;
    const two = (await gateway.login(codeOf('same'), { appid: 'wxtwo' })).body.data.login;
    expect([one.isNewUser, two.isNewUser]).toEqual([true, true]);
    expect([one.viewer.appid, two.viewer.appid]).toEqual(['wxone', 'wxtwo']);
    expect(one.viewer.user.id).not.toBe(two.viewer.user.id);
    expect((await gateway.viewer(one.token)).body.data.viewer.appid).toBe('wxone');
  });

  test('a login must say which app it is of', async () => {
    expect((await gateway.login(codeOf('same'))).code).toBe('BAD_USER_INPUT');
    expect(wechat.calls).toHaveLength(0);
  });

  test('the same code and requestId under two apps are two logins', async () => {
    const code = codeOf('same');
    const requestId = freshRequestId();
    const one = await gateway.tokenFor(code, { appid: 'wxone', requestId });
    const two = await gateway.tokenFor(code, { appid: 'wxtwo', requestId });
    expect(one).not.toBe(two);
  });

  test('one that is misconfigured alarms the operator, tells its client nothing, and stops no other', async () => {
    const broken = await gateway.login(codeOf('same'), { appid: 'wxbroken' });
    expect([broken.status, broken.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(broken.body)).not.toMatch(/secret|40125|wxbroken/);
    const line = gateway.logLines.find((entry) => entry.code === 'INTERNAL_SERVER_ERROR');
    expect(line).toMatchObject({ level: 50, errcode: 40125, rid: '1-2-3', appid: 'wxbroken' });
    expect(line?.requestId).toBe(broken.body.errors[0].extensions.requestId);
    expect((await gateway.login(codeOf('same'), { appid: 'wxone' })).code).toBeNull();
  });
});
