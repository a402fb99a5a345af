import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Config } from '../../src/config.js';
import type { App } from '../../src/platforms/platform.js';
import { hold } from '../support/faults.js';
import { answerJson, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  freshRequestId,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

const THREE_A_MINUTE = { count: 3, windowSeconds: 60 };
const OTHER_APPID = 'wxtest0000000002';
const LOGIN = 'mutation LogIn($input: LoginInput!) { login(input: $input) { token } }';

const apps: readonly App[] = [APPID, OTHER_APPID].map((appid) => ({
  platform: 'WECHAT',
  appid,
  secrets: [APP_SECRET],
  tenant: 'default',
}));

interface Sender {
  /** The address of the connection. */
  readonly address?: string;
  readonly forwardedFor?: string;
}

describe('limits of logins', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;

  beforeAll(async () => {
    wechat = await startStandInWechat();
  });
  beforeEach(() => {
    wechat.behaviour = null;
    wechat.calls.length = 0;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
  });
  afterAll(() => wechat.close());

  async function start(config: Partial<Config> = {}): Promise<void> {
    gateway = await startTestGateway({
      wechatApiUrl: wechat.url,
      config: { loginLimitPerIp: THREE_A_MINUTE, ...config },
    });
  }

  /** `LIMITED`, or the code of another failure, or null: logged in. */
  async function logIn(sender: Sender = {}, input: Record<string, string> = {}): Promise<string | null> {
    const { address = '192.0.2.1', forwardedFor } = sender;
    const response = await gateway.running.app.inject({
      method: 'POST',
      url: '/graphql',
      remoteAddress: address,
      headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
      payload: { query: LOGIN, variables: { input: { code: codeOf('alice'), ...input } } },
    });
    return response.json().errors?.[0].extensions.code ?? null;
  }

  async function logInTimes(times: number, sender: Sender = {}, input: Record<string, string> = {}) {
    const codes: (string | null)[] = [];
    for (let index = 0; index < times; index += 1) codes.push(await logIn(sender, input));
    return codes;
  }

  /** Uses up what the sender has, and says whether the other one still has something. */
  async function isCountedWith(sender: Sender, other: Sender): Promise<boolean> {
    const first = await logInTimes(3, sender);
    if (first.some((code) => code !== null)) throw new Error(`the sender had less than all: ${first}`);
    return (await logIn(other)) === 'RATE_LIMITED';
  }

  /** Only the clock on the wall, which is what counts in memory go by. */
  function turnClock(ms: number): void {
    const at = Date.now() + ms;
    jest.spyOn(Date, 'now').mockReturnValue(at);
  }

  describe('per address', () => {
    test('refuse the next login of the window with RATE_LIMITED and the time to wait, and ask nobody', async () => {
      await start();
      for (let index = 0; index < 3; index += 1) await gateway.tokenFor(codeOf('alice'));
      const answer = await gateway.login(codeOf('alice'));
      expect([answer.status, answer.code]).toEqual([429, 'RATE_LIMITED']);
      const { retryAfterSeconds } = answer.body.errors[0].extensions;
      expect(retryAfterSeconds).toBeGreaterThan(50);
      expect(retryAfterSeconds).toBeLessThanOrEqual(60);
      expect(answer.headers['retry-after']).toBe(String(retryAfterSeconds));
      expect(answer.body.data).toBeNull();
      expect(wechat.calls).toHaveLength(3);
    });

    test('leave one line in the log for each login they refuse, which names the limit', async () => {
      await start();
      await logInTimes(5);
      const refused = gateway.logLines.filter((line) => line.code === 'RATE_LIMITED');
      expect(refused.map((line) => line.limit)).toEqual(['ip', 'ip']);
    });

    test('spend no code: the same login works when the window has passed', async () => {
      await start();
      await logInTimes(3);
      const code = codeOf('alice');
      const requestId = freshRequestId();
      expect(await logIn({}, { code, requestId })).toBe('RATE_LIMITED');
      turnClock(59_000);
      expect(await logIn({}, { code, requestId })).toBe('RATE_LIMITED');
      turnClock(1_001);
      expect(await logIn({}, { code, requestId })).toBeNull();
    });

    test('tell nobody to wait longer than a window, when the clock on the wall is turned back', async () => {
      await start();
      await logInTimes(3, { address: '127.0.0.1' });
      turnClock(-3_600_000);
      const answer = await gateway.login(codeOf('alice'));
      expect(answer.code).toBe('RATE_LIMITED');
      expect(answer.headers['retry-after']).toBe('60');
    });

    test('leave every other address alone', async () => {
      await start();
      expect(await isCountedWith({ address: '192.0.2.1' }, { address: '192.0.2.2' })).toBe(false);
    });

    test.each([
      ['two addresses of one /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
      ['two spellings of one address', '2001:DB8:0001:2::1', '2001:db8:1:2:0:0:0:1', true],
      ['addresses of two /64', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
      ['an IPv4 address and the same inside IPv6', '192.0.2.1', '::ffff:192.0.2.1', true],
      ['two IPv4 addresses inside IPv6', '::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ])('see %s as one sender or as two', async (_, one, other, isOne) => {
      await start();
      expect(await isCountedWith({ address: one }, { address: other })).toBe(isOne);
    });

    test('count a repeat of a login like any other', async () => {
      await start();
      const input = { code: codeOf('alice'), requestId: freshRequestId() };
      expect(await logInTimes(4, {}, input)).toEqual([null, null, null, 'RATE_LIMITED']);
      expect(wechat.calls).toHaveLength(1);
    });

    test('count a login that the platform refused', async () => {
      await start();
      wechat.behaviour = answerJson({ errcode: 40029, errmsg: 'invalid code' });
      expect(await logInTimes(4)).toEqual(['CODE_INVALID', 'CODE_INVALID', 'CODE_INVALID', 'RATE_LIMITED']);
    });

    test('do not count what cannot be a login', async () => {
      await start({ apps });
      const refused = [{ code: 'no code' }, { requestId: 'short' }, { appid: 'wxunknown' }, {}];
      for (const input of [...refused, ...refused]) await logIn({}, input);
      expect(await logInTimes(4, {}, { appid: APPID })).toEqual([null, null, null, 'RATE_LIMITED']);
      expect(wechat.calls).toHaveLength(3);
    });

    test('concern logins only: who is logged in reads and logs out', async () => {
      await start();
      const token = await gateway.tokenFor(codeOf('alice'));
      await logInTimes(4, { address: '127.0.0.1' });
      for (let index = 0; index < 10; index += 1) expect((await gateway.viewer(token)).code).toBeNull();
      expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);
    });

    test('count all of many logins that come at once', async () => {
      await start();
      const codes = await Promise.all(Array.from({ length: 50 }, () => logIn()));
      expect(codes.filter((code) => code === null)).toHaveLength(3);
      expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(47);
      expect(wechat.calls).toHaveLength(3);
    });

    test('can be switched off', async () => {
      await start({ loginLimitPerIp: null });
      expect(await logInTimes(20)).toEqual(Array(20).fill(null));
    });

    test('count who has gone before the answer, when the connection has no address any more', async () => {
      await start({ loginLimitPerIp: { count: 2, windowSeconds: 60 } });
      const token = await gateway.tokenFor(codeOf('alice'));
      const { url } = await gateway.running.listen();
      const held = hold('before');
      gateway.sessionFaults.plan('get', held);
      const exchanged = new Promise<void>((resolve) => {
        wechat.behaviour = () => {
          resolve();
          return 'default';
        };
      });
      const gone = new Promise<void>((resolve) => {
        gateway.running.app.server.once('request', (request) => request.socket.once('close', () => resolve()));
      });
      const wire = await openWire(Number(new URL(url).port));
      const body = JSON.stringify({ query: LOGIN, variables: { input: { code: codeOf('alice') } } });
      const head = `POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json`;
      wire.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      await held.arrived;
      wire.close();
      await gone;
      held.release();
      await exchanged;
      expect(await logIn({ address: '127.0.0.1' })).toBe('RATE_LIMITED');
      expect(gateway.logLines.flatMap((line) => line.code ?? [])).toEqual(['RATE_LIMITED']);
    });
  });

  describe('with X-Forwarded-For', () => {
    test('believe nobody while TRUST_PROXY is unset', async () => {
      await start();
      const codes = [];
      for (let index = 1; index <= 4; index += 1) codes.push(await logIn({ forwardedFor: `198.51.100.${index}` }));
      expect(codes).toEqual([null, null, null, 'RATE_LIMITED']);
    });

    const hundred = Array.from({ length: 99 }, (_, index) => `203.0.113.${index}`).join(', ');

    test.each<[name: string, trustProxy: number | readonly string[], forwardedFor: string]>([
      ['the last of one proxy', 1, '198.51.100.7'],
      ['the last behind what the client wrote', 1, '203.0.113.1, 203.0.113.2, 198.51.100.7'],
      ['the last of a hundred', 1, `${hundred}, 198.51.100.7`],
      ['the last but one of two proxies', 2, '203.0.113.1, 198.51.100.7, 192.0.2.9'],
      ['the last but one of a hundred', 2, `${hundred}, 198.51.100.7, 192.0.2.9`],
      ['the only one, though two were expected', 2, '198.51.100.7'],
      ['the last that is no proxy', ['192.0.2.0/24'], '203.0.113.1, 198.51.100.7, 192.0.2.9'],
      ['the last of a hundred that is no proxy', ['192.0.2.0/24'], `${hundred}, 198.51.100.7, 192.0.2.9`],
      ['the last that is no proxy, of several ranges', ['192.0.2.1', '2001:db8::/32'], '198.51.100.7, 2001:db8::5'],
      ['the first, where all others are proxies', ['192.0.2.0/24'], '198.51.100.7, 192.0.2.8, 192.0.2.9'],
      ['one with a port', 1, '203.0.113.1, 198.51.100.7:5678'],
      ['one inside IPv6, with a port', 1, '203.0.113.1, [::ffff:198.51.100.7]:80'],
      ['one between spaces', 1, ' 203.0.113.1 ,  198.51.100.7  '],
      ['one before empty entries', 1, '203.0.113.1, 198.51.100.7, ,, '],
    ])('count %s', async (_, trustProxy, forwardedFor) => {
      await start({ trustProxy, loginLimitPerIp: { count: 1, windowSeconds: 60 } });
      expect(await logIn({ forwardedFor })).toBeNull();
      const proxies = trustProxy === 2 ? '198.51.100.7, 192.0.2.9' : '198.51.100.7';
      expect(await logIn({ forwardedFor: proxies })).toBe('RATE_LIMITED');
      expect(await logIn({ forwardedFor: proxies.replace('100.7', '100.8') })).toBeNull();
      // Nor was it the proxy's own, nor one that the client wrote.
      expect(await logIn({})).toBeNull();
      expect(await logIn({ forwardedFor: proxies.replace('198.51.100.7', '203.0.113.1') })).toBeNull();
    });

    test.each([
      ['[2001:db8:1:2::1]:80', '2001:db8:1:2:3::4', true],
      ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
      ['fe80::1%eth0', 'fe80::2%eth1', true],
    ])('count %s and %s by their /64', async (one, other, isOne) => {
      await start({ trustProxy: 1 });
      expect(await isCountedWith({ forwardedFor: one }, { forwardedFor: other })).toBe(isOne);
    });

    test.each([
      ['garbage', 1, 'unknown'],
      ['an obfuscated name', 1, '203.0.113.1, _hidden'],
      ['two addresses without a comma', 1, '203.0.113.1 203.0.113.2'],
      ['16 KB', 1, 'x'.repeat(15_000)],
      ['a quotation mark', 1, '"198.51.100.7"'],
      ['garbage at the second hop', 2, 'unknown, 198.51.100.7'],
      ['nothing', 1, ''],
      ['empty entries', 1, ' , ,'],
    ])('count the proxy where it passes on %s', async (_, trustProxy, forwardedFor) => {
      await start({ trustProxy });
      expect(await isCountedWith({ forwardedFor }, {})).toBe(true);
    });

    test('believe only what comes from a proxy of theirs', async () => {
      await start({ trustProxy: ['10.0.0.0/8'] });
      const forged = { address: '192.0.2.1', forwardedFor: '198.51.100.7' };
      expect(await isCountedWith(forged, { address: '192.0.2.1' })).toBe(true);
      expect(await logIn({ address: '10.0.0.1', forwardedFor: '198.51.100.7' })).toBeNull();
    });
  });

  describe('per app', () => {
    test('count over all addresses, and each app for itself', async () => {
      await start({ apps, loginLimitPerIp: null, loginLimitPerApp: THREE_A_MINUTE });
      const codes = [];
      for (let index = 1; index <= 4; index += 1)
        codes.push(await logIn({ address: `192.0.2.${index}` }, { appid: APPID }));
      expect(codes).toEqual([null, null, null, 'RATE_LIMITED']);
      expect(await logIn({ address: '192.0.2.1' }, { appid: OTHER_APPID })).toBeNull();
      expect(wechat.calls.map((call) => call.appid)).toEqual([APPID, APPID, APPID, OTHER_APPID]);
      expect(gateway.logLines.filter((line) => line.code).map((line) => line.limit)).toEqual(['app']);
    });

    test('are not used up by an address that is refused itself', async () => {
      await start({ loginLimitPerIp: { count: 1, windowSeconds: 60 }, loginLimitPerApp: THREE_A_MINUTE });
      await logInTimes(10, { address: '192.0.2.1' });
      expect(await logIn({ address: '192.0.2.2' })).toBeNull();
      expect(await logIn({ address: '192.0.2.3' })).toBeNull();
      expect(await logIn({ address: '192.0.2.4' })).toBe('RATE_LIMITED');
    });

    test('are none by default', async () => {
      await start({ loginLimitPerIp: null });
      expect(gateway.running.config.loginLimitPerApp).toBeNull();
      expect(await logInTimes(20)).toEqual(Array(20).fill(null));
    });
  });
});
