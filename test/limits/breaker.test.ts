import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { App } from '../../src/platforms/platform.js';
import {
  answerJson,
  answerText,
  type Behaviour,
  hold,
  resetAfterRequest,
  type StandInWechat,
  startStandInWechat,
} from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  freshRequestId,
  type LoginOptions,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';

const OTHER_APPID = 'wxtest0000000002';
const apps: readonly App[] = [APPID, OTHER_APPID].map((appid) => ({
  platform: 'WECHAT',
  appid,
  secrets: [APP_SECRET],
  tenant: 'default',
}));

const QUOTA_USED_UP = answerJson({ errcode: 45011, errmsg: 'api minute-quota reach limit' });
const BAD_GATEWAY = answerText('<html>Bad Gateway</html>', 'text/html', 502);

describe('the breaker', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;

  beforeAll(async () => {
    wechat = await startStandInWechat();
  });
  beforeEach(async () => {
    wechat.behaviour = null;
    wechat.calls.length = 0;
    gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { apps } });
  });
  afterEach(() => gateway.close());
  afterAll(() => wechat.close());

  const logIn = (options: LoginOptions = {}, code = codeOf('alice')) =>
    gateway.login(code, { appid: APPID, ...options });

  /** So many logins, one after the other, that are answered like this. Gives their codes. */
  async function logInTimes(times: number, behaviour: Behaviour | null): Promise<(string | null)[]> {
    wechat.behaviour = behaviour;
    const codes: (string | null)[] = [];
    for (let index = 0; index < times; index += 1) codes.push((await logIn()).code);
    return codes;
  }

  /** Whether WeChat is asked for one more login, which it answers well. Changes what it finds. */
  async function asks(options: LoginOptions = {}): Promise<boolean> {
    const before = wechat.calls.length;
    wechat.behaviour = null;
    await logIn(options);
    return wechat.calls.length > before;
  }

  async function open(behaviour = BAD_GATEWAY): Promise<void> {
    await logInTimes(20, behaviour);
    wechat.calls.length = 0;
  }

  const breakerLines = () => gateway.logLines.filter((line) => /^breaker /.test(line.msg)).map((line) => line.msg);

  describe('opens', () => {
    test('after 20 failures in a row', async () => {
      expect(await logInTimes(20, BAD_GATEWAY)).toEqual(Array(20).fill('PLATFORM_UNAVAILABLE'));
      expect(wechat.calls).toHaveLength(20);
      expect(await asks()).toBe(false);
    });

    test('not after 19', async () => {
      await logInTimes(19, BAD_GATEWAY);
      expect(await asks()).toBe(true);
    });

    test.each<[name: string, answer: Behaviour | null]>([
      ['a good answer', null],
      ['CODE_INVALID', answerJson({ errcode: 40029, errmsg: 'invalid code' })],
      ['USER_BLOCKED', answerJson({ errcode: 40226, errmsg: 'code blocked' })],
      ['the secret of the app refused', answerJson({ errcode: 40125, errmsg: 'invalid appsecret' })],
    ])('only after 20 since %s: the platform works', async (_, answer) => {
      await logInTimes(19, BAD_GATEWAY);
      await logInTimes(1, answer);
      await logInTimes(20, BAD_GATEWAY);
      expect(wechat.calls).toHaveLength(40);
      expect(await asks()).toBe(false);
    });

    test.each([
      [30_000, true],
      [30_001, false],
    ])('when the first and the last of the 20 are %i ms apart: %s', async (apartMs, isOpen) => {
      await logInTimes(1, BAD_GATEWAY);
      gateway.clock.advance(apartMs);
      await logInTimes(19, BAD_GATEWAY);
      expect(await asks()).toBe(!isOpen);
    });

    test('by the last 20, however many slow ones were before', async () => {
      for (let index = 0; index < 25; index += 1) {
        await logInTimes(1, BAD_GATEWAY);
        gateway.clock.advance(2_000);
      }
      // Of those, 15 are not older than 30 s.
      await logInTimes(10, BAD_GATEWAY);
      expect(wechat.calls).toHaveLength(25 + 5);
      expect(await asks()).toBe(false);
    });

    test('by logins that fail together, too', async () => {
      wechat.behaviour = resetAfterRequest;
      await Promise.all(Array.from({ length: 20 }, () => logIn()));
      expect(await asks()).toBe(false);
      expect(breakerLines()).toHaveLength(1);
    });

    test('for one app and not for another', async () => {
      await open();
      expect(await asks({ appid: OTHER_APPID })).toBe(true);
      expect(await asks({ appid: APPID })).toBe(false);
    });

    test('with one line in the log and a 1 in the metrics, and closes with one and a 0', async () => {
      const gauge = async () =>
        /^menjin_breaker_open\{.*wxtest0000000001.*\} (\d)$/m.exec(await gateway.running.metricsText())?.[1];
      expect(await gauge()).toBe('0');
      await open();
      await logInTimes(5, BAD_GATEWAY);
      expect(await gauge()).toBe('1');
      expect(breakerLines()).toEqual(['breaker open: the platform fails, and is asked once a second only']);
      gateway.clock.advance(1000);
      await logInTimes(5, null);
      expect(await gauge()).toBe('0');
      expect(breakerLines().slice(1)).toEqual(['breaker closed: the platform answers again']);
      const [opened] = gateway.logLines.filter((line) => /^breaker /.test(line.msg));
      expect(opened).toMatchObject({ platform: 'WECHAT', appid: APPID });
    });
  });

  describe('while it is open', () => {
    test.each([
      ['quota', QUOTA_USED_UP, 429, 'RATE_LIMITED', 60],
      ['usable answer', BAD_GATEWAY, 503, 'PLATFORM_UNAVAILABLE', 5],
    ])(
      'for want of a %s answers at once, asks nobody and says when to come again',
      async (_, behaviour, ...expected) => {
        await open(behaviour);
        for (const options of [{}, { requestId: freshRequestId() }]) {
          const answer = await logIn(options);
          const { retryAfterSeconds } = answer.body.errors[0].extensions;
          expect([answer.status, answer.code, retryAfterSeconds]).toEqual(expected);
          expect(answer.headers['retry-after']).toBe(String(retryAfterSeconds));
        }
        expect(wechat.calls).toEqual([]);
        const refused = gateway.logLines.filter((line) => line.kind === 'breaker');
        expect(refused).toHaveLength(2);
        expect(refused[0]).toMatchObject({ appid: APPID, code: expected[1] });
      },
    );

    test('answers as the last failure was, a failed probe included', async () => {
      await logInTimes(19, QUOTA_USED_UP);
      await logInTimes(1, BAD_GATEWAY);
      expect((await logIn()).code).toBe('PLATFORM_UNAVAILABLE');
      gateway.clock.advance(1000);
      await logInTimes(1, QUOTA_USED_UP);
      expect((await logIn()).code).toBe('RATE_LIMITED');
      expect(wechat.calls).toHaveLength(21);
    });

    test('spends no code: the same logins work when the platform does', async () => {
      await open();
      const once = codeOf('alice');
      const named = { code: codeOf('bob'), requestId: freshRequestId() };
      expect((await logIn({}, once)).code).toBe('PLATFORM_UNAVAILABLE');
      expect((await logIn({ requestId: named.requestId }, named.code)).code).toBe('PLATFORM_UNAVAILABLE');
      wechat.behaviour = null;
      gateway.clock.advance(1000);
      expect((await logIn({}, once)).code).toBeNull();
      expect((await logIn({ requestId: named.requestId }, named.code)).code).toBeNull();
    });

    test('writes nothing', async () => {
      await open();
      gateway.sqlFaults.calls.length = 0;
      gateway.sessionFaults.calls.length = 0;
      for (let index = 0; index < 5; index += 1) {
        await logIn();
        await logIn({ requestId: freshRequestId() });
      }
      expect(gateway.sqlFaults.calls).toEqual(Array(5).fill('query'));
      expect(gateway.sessionFaults.calls).toEqual([]);
    });

    test('asks once a second, however many logins come', async () => {
      await open();
      for (const [waitMs, logins, asked] of [
        [0, 10, 0],
        [999, 10, 0],
        [1, 100, 1],
        [999, 10, 1],
        [1, 10, 2],
        [60_000, 10, 3],
      ] as const) {
        gateway.clock.advance(waitMs);
        const codes = await Promise.all(
          Array.from({ length: logins }, (_, index) => logIn(index % 2 === 0 ? {} : { requestId: freshRequestId() })),
        );
        expect(codes.map((answer) => answer.code)).toEqual(Array(logins).fill('PLATFORM_UNAVAILABLE'));
        expect(wechat.calls).toHaveLength(asked);
      }
      expect(breakerLines()).toHaveLength(1);
    });

    test('does not wait for a probe that hangs: the next second has its own', async () => {
      await open();
      const held = hold(1);
      wechat.behaviour = held.behaviour;
      gateway.clock.advance(1000);
      const hanging = logIn();
      await held.arrived;
      expect((await logIn()).code).toBe('PLATFORM_UNAVAILABLE');
      wechat.behaviour = null;
      gateway.clock.advance(1000);
      expect((await logIn()).code).toBeNull();
      held.release();
      expect((await hanging).code).toBeNull();
    });

    test('closes for all at the first good answer', async () => {
      await open();
      wechat.behaviour = null;
      gateway.clock.advance(1000);
      expect((await logIn()).code).toBeNull();
      const answers = await Promise.all(Array.from({ length: 20 }, () => logIn()));
      expect(answers.map((answer) => answer.code)).toEqual(Array(20).fill(null));
    });

    test('closes when the platform refuses a code: it answers', async () => {
      await open();
      gateway.clock.advance(1000);
      expect((await logIn({}, 'bad.1')).code).toBe('PLATFORM_UNAVAILABLE');
      wechat.behaviour = null;
      gateway.clock.advance(1000);
      expect((await logIn({}, 'bad.2')).code).toBe('CODE_INVALID');
      expect((await logIn()).code).toBeNull();
    });

    test('starts counting anew once it was closed', async () => {
      await open();
      gateway.clock.advance(1000);
      await logInTimes(1, null);
      await logInTimes(19, BAD_GATEWAY);
      expect(await asks()).toBe(true);
    });

    test('is not noticed by who is logged in, nor by who repeats a login', async () => {
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      const token = await gateway.tokenFor(login.code, { appid: APPID, requestId: login.requestId });
      await open();
      expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
      const repeat = await logIn({ requestId: login.requestId }, login.code);
      expect(repeat.body.data.login.token).toBe(token);
      expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(wechat.calls).toEqual([]);
    });

    test('ends no session of who logs in anew and is refused', async () => {
      const token = await gateway.tokenFor(codeOf('alice'), { appid: APPID });
      await open();
      expect((await logIn({ token })).code).toBe('PLATFORM_UNAVAILABLE');
      expect((await gateway.viewer(token)).code).toBeNull();
    });
  });
});
