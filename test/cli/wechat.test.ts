import { execFile as execFileOf } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/cli/arguments.js';
import { audit } from '../../src/cli/audit.js';
import { checkSessionKey, resetSessionKey } from '../../src/cli/wechat-session-key.js';
import {
  APP_SECRET,
  APPID,
  createTestClock,
  makeTempDir,
  searchForSecrets,
  type TempDir,
  type TestGateway,
} from '../support/test-gateway.js';
import { sealedWith, startWechatScene, type WechatScene } from '../support/wechat-scene.js';
import { type CommandOutcome, given, runCommand, settingsOf } from './run-command.js';

const execFile = promisify(execFileOf);
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const STABLE_TOKEN = '/cgi-bin/stable_token';
const OTHER_APP = { appid: 'wxtest0000000002', secret: APP_SECRET };
const apps = [{ appid: APPID }, OTHER_APP].map(
  ({ appid }) => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' }) as const,
);

describe('menjin wechat', () => {
  let dir: TempDir;
  let scene: WechatScene;
  let gateway: TestGateway;

  beforeEach(async () => {
    dir = makeTempDir();
    // A command has no clock but the machine's.
    scene = await startWechatScene({ clock: createTestClock(Date.now()), otherApps: [OTHER_APP] });
    gateway = await scene.gateway({ dataDir: dir.path, config: { apps } });
  });

  afterEach(async () => {
    await scene.close();
    dir.remove();
  });

  const openidOf = (username: string) => scene.simulator.users.find((user) => user.username === username)?.openid ?? '';

  async function loggedIn(username: string, appid: string) {
    return (await gateway.login(scene.simulator.code(username, { appid }), { appid })).body.data.login;
  }

  async function run(
    command: typeof checkSessionKey,
    options: Record<string, string> = {},
    env: Record<string, string> = {},
  ): Promise<CommandOutcome> {
    const settings = settingsOf(dir.path, { WECHAT_API_URL: scene.simulator.url, ...env });
    const outcome = await runCommand(settings, (streams) => command(given(options), streams));
    searchForSecrets('what a command says', outcome.out + outcome.err, gateway.secrets);
    return outcome;
  }
  const check = (options?: Record<string, string>, env?: Record<string, string>) => run(checkSessionKey, options, env);
  const reset = (options?: Record<string, string>, env?: Record<string, string>) => run(resetSessionKey, options, env);
  const failed = (err: string) => ({ status: 1, out: '', err: `${err}\n` });

  test('check says whether WeChat knows the key that is kept, and ends with 1 when it does not', async () => {
    await scene.logIn(gateway, 'alice');
    const alice = { openid: openidOf('alice') };
    expect(await check(alice)).toEqual({ status: 0, out: 'WeChat knows the session_key that is kept.\n', err: '' });
    const code = scene.simulator.code('alice');
    expect(await check(alice)).toEqual({
      ...{ status: 1, out: 'WeChat does not know it: a login brings a good one.\n', err: '' },
    });
    await gateway.login(code, { appid: APPID });
    expect((await check(alice)).status).toBe(0);
  });

  test('reset has another key beside a gateway that runs: it opens what came before and what comes after', async () => {
    const token = await scene.logIn(gateway, 'alice');
    const before = scene.simulator.encrypt('alice', 'phoneNumber');
    expect(await reset({ openid: openidOf('alice') })).toEqual({
      ...{ status: 0, err: '' },
      out: 'The session_key is another one. What was encrypted under the old one can still be opened.\n',
    });
    const after = scene.simulator.encrypt('alice', 'phoneNumber');
    expect([await sealedWith(gateway, token, before), await sealedWith(gateway, token, after)]).toEqual([
      'PREVIOUS',
      'CURRENT',
    ]);
    const { out } = await run(audit, { openid: openidOf('alice') });
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/ session_key_reset .*appid=wxtest0000000001/);
  });

  test('is what stands behind menjin wechat reset', async () => {
    await scene.logIn(gateway, 'alice');
    const env = { PATH: process.env.PATH, ...settingsOf(dir.path, { WECHAT_API_URL: scene.simulator.url }) };
    const typed = [MAIN, 'wechat', 'reset', '--openid', openidOf('alice')];
    const { stdout } = await execFile(process.execPath, typed, { env });
    expect(stdout).toContain('The session_key is another one.');
    expect(await gateway.running.wechatApi.checkSessionKey({ openid: openidOf('alice'), appid: APPID })).toBe(true);
  });

  test('reset ends with 1 when WeChat does not know the kept key: nothing has happened', async () => {
    const token = await scene.logIn(gateway, 'alice');
    const before = scene.simulator.encrypt('alice', 'phoneNumber');
    scene.simulator.code('alice');
    expect(await reset({ openid: openidOf('alice') })).toEqual(
      failed('WeChat does not know the session_key that is kept: there was nothing to reset.'),
    );
    expect(await sealedWith(gateway, token, before)).toBe('CURRENT');
    expect((await run(audit, { openid: openidOf('alice') })).out).not.toContain('session_key_reset');
  });

  test('asks for no access token of its own while a gateway has one on the same database', async () => {
    await scene.logIn(gateway, 'alice');
    const openid = openidOf('alice');
    await gateway.running.wechatApi.checkSessionKey({ openid, appid: APPID });
    expect([(await check({ openid })).status, (await reset({ openid })).status]).toEqual([0, 0]);
    expect(scene.simulator.calls(STABLE_TOKEN)).toHaveLength(1);
  });

  test('wants to know whose key, and says so when it is nobody here', async () => {
    await expect(check()).rejects.toThrow(UsageError);
    await expect(reset({ appid: APPID })).rejects.toThrow('--openid <openid>');
    const nobody = failed('Nobody with this openid has logged in to this app.');
    expect([await check({ openid: 'nobody' }), await reset({ openid: 'nobody' })]).toEqual([nobody, nobody]);
    // Of the other app she is somebody else.
    await scene.logIn(gateway, 'alice', OTHER_APP.appid);
    expect(await check({ openid: openidOf('alice') })).toEqual(nobody);
    expect(scene.simulator.calls()).toEqual([]);
  });

  test('says which settings are in the way', async () => {
    const alice = { openid: openidOf('alice') };
    expect(await check({ ...alice, appid: 'wxnone' })).toEqual(
      failed('It failed: No app of this deployment has that appid.'),
    );
    expect(await check(alice, { WECHAT_APPID: '', WECHAT_SECRET: '' })).toEqual(
      failed('No app is configured: a simulated one ends with its gateway.'),
    );
    expect(await check(alice, { DATABASE_URL: 'memory:' })).toMatchObject({
      status: 1,
      err: expect.stringContaining('DATABASE_URL is memory'),
    });
  });

  test('of several apps wants to know which, and asks in the name of that one', async () => {
    const { openid } = (await loggedIn('alice', OTHER_APP.appid)).viewer;
    const file = JSON.stringify(apps.map(({ platform, appid }) => ({ platform, appid, secret: APP_SECRET })));
    const { WECHAT_APPID, WECHAT_SECRET, ...settings } = settingsOf(dir.path, { WECHAT_API_URL: scene.simulator.url });
    const ofSeveral = (options: Record<string, string>) =>
      runCommand(settings, (streams) => {
        const environment = { env: { ...settings, APPS_FILE: 'apps.json' }, cwd: dir.path, readFile: () => file };
        return checkSessionKey(given(options), { ...streams, environment });
      });
    expect(await ofSeveral({ openid })).toEqual(
      failed(`There are several apps: add --appid, one of ${APPID}, ${OTHER_APP.appid}.`),
    );
    expect((await ofSeveral({ openid, appid: OTHER_APP.appid })).status).toBe(0);
    expect(scene.simulator.calls('/wxa/checksession').map(({ appid }) => appid)).toEqual([OTHER_APP.appid]);
  });

  test('says what WeChat finds wrong with the app, and that it did not answer', async () => {
    await scene.logIn(gateway, 'alice');
    const alice = { openid: openidOf('alice') };
    expect(await check(alice, { WECHAT_SECRET: 'CANARY-app-secret-5b1f09-mistyped' })).toEqual(
      failed(
        `It failed: app ${APPID}: WeChat refuses the secret of this app: compare it with the one on mp.weixin.qq.com. (errcode 40125)`,
      ),
    );
    scene.simulator.fail('html', { path: '/wxa/checksession', times: 1 });
    expect(await check(alice)).toEqual(failed(`It failed: app ${APPID}: WeChat gave no usable answer (not_json).`));
    scene.simulator.fail(48001, { path: '/wxa/resetusersessionkey', times: 1 });
    expect(await reset(alice)).toEqual(
      failed(
        `It failed: app ${APPID}: The account of this app may not use this API: check what it is authorised for. (errcode 48001)`,
      ),
    );
    expect(await check(alice, { SECRET_KEYS: Buffer.alloc(32, 'another').toString('base64') })).toEqual(
      failed('It failed: a session_key does not open: was a key lost?'),
    );
  });
});
