import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { errorTable } from '../../src/errors.js';
import { refusal } from '../clients/miniprogram/phone.js';
import { openPhoneScene, type PhoneScene } from '../clients/miniprogram/scene.js';
import { startWechat, type Wechat } from './miniprogram/start-wechat.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const example = path.join(root, 'examples', 'miniprogram');
const require = createRequire(path.join(example, 'app.js'));

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0.54(0x18003637) NetType/WIFI';
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; 2312DRA50C Build/UP1A.231005.007; wv) MicroMessenger/8.0.54.2760';
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }';

describe('on a phone', () => {
  let scene: PhoneScene;
  let wechat: Wechat;

  beforeAll(async () => {
    // It takes a second to start.
    wechat = startWechat();
    scene = await openPhoneScene();
    for (const username of ['dora', 'erin']) scene.simulator.addUser({ username });
  });

  afterAll(async () => {
    await wechat?.kill();
    await scene?.close();
  });

  afterEach(async () => {
    scene.gateway.sessionFaults.clear();
    // What may be in no log line.
    const secrets = scene.gateway.secrets as Set<string>;
    for (const { token, variables } of await wechat.sent()) {
      const { code, requestId } = variables.input ?? {};
      for (const secret of [token, code, requestId]) if (secret) secrets.add(secret);
    }
    await wechat.heard();
  });

  function launch(person: string): Promise<readonly string[]> {
    const codes = Array.from({ length: 3 }, () => scene.simulator.code(person));
    return wechat.launch({ url: scene.url, codes, userAgent: IPHONE });
  }

  /** Somebody logs in on another phone. Gives its token. */
  async function otherPhone(person: string): Promise<string> {
    const variables = { input: { code: scene.simulator.code(person) } };
    const { body } = await scene.gateway.graphql(LOGIN, { variables, headers: { 'user-agent': ANDROID } });
    return body.data.login.token;
  }

  const openidOf = (person: string) => scene.simulator.users.find(({ username }) => username === person)?.openid ?? '';
  const givePhoneNumber = (code: string) => wechat.behave({ phoneNumber: { code, errMsg: 'getPhoneNumber:ok' } });
  const refusePhoneNumber = (errMsg: string) => wechat.behave({ phoneNumber: { errMsg } });

  async function loginsSent(): Promise<number> {
    return (await wechat.sent()).filter(({ kind }) => kind === 'login').length;
  }

  test('logs in silently, once for both pages, and not at all when it is opened again', async () => {
    expect(await launch('alice')).toEqual(['正在登录']);
    const openid = openidOf('alice');
    expect(await wechat.screen()).toEqual(
      ['微', '微信用户', `openid：${openid.slice(0, 4)}…${openid.slice(-4)}`, '复制']
        .concat(['登录方式', '微信', '手机号', '未绑定', '绑定'])
        .concat(['登录设备', '1 台', '退出登录']),
    );
    await wechat.tap('登录设备');
    expect(await wechat.page()).toBe('pages/sessions/sessions');
    await wechat.coldStart();
    expect(await wechat.screen()).toContain('微信用户');
    expect([await wechat.logins(), await loginsSent()]).toEqual([1, 1]);
  });

  test('copies the whole openid', async () => {
    await launch('alice');
    await wechat.tap('复制');
    expect((await wechat.heard()).clipboard).toEqual([openidOf('alice')]);
  });

  describe('the phone number', () => {
    test('is bound by a tap, and never shown whole', async () => {
      await launch('alice');
      await givePhoneNumber(scene.simulator.phoneCode('alice'));
      await wechat.tap('绑定');
      expect((await wechat.heard()).toasts).toEqual(['已绑定']);
      const bound = await wechat.screen();
      expect(bound.filter((text) => /\d{5}/.test(text))).toEqual([]);
      expect(bound).toContainEqual(expect.stringMatching(/^199\*{4}\d{4}$/));
      expect(bound).toContain('更换');
      await wechat.coldStart();
      expect(await wechat.screen()).toEqual(bound);
    });

    test('is bound though the answer is lost', async () => {
      await launch('dora');
      await givePhoneNumber(scene.simulator.phoneCode('dora'));
      await wechat.plan('request', 'lose the answer');
      await wechat.tap('绑定');
      expect((await wechat.heard()).toasts).toEqual(['已绑定']);
      expect(await wechat.screen()).toContainEqual(expect.stringMatching(/^199\*{4}\d{4}$/));
    });

    test('is not asked for again when the person would rather not', async () => {
      await launch('bob');
      const before = await wechat.screen();
      await refusePhoneNumber('getPhoneNumber:fail user deny');
      await wechat.tap('绑定');
      expect(await wechat.screen()).toEqual(before);
      expect(await wechat.heard()).toEqual({ toasts: [], dialogs: [], clipboard: [], console: [] });
    });

    test('that the mini-program may not have is said to be so, and why is in the console', async () => {
      await launch('bob');
      await refusePhoneNumber('getPhoneNumber:fail no permission');
      await wechat.tap('绑定');
      const { toasts, console } = await wechat.heard();
      expect(toasts).toEqual(['暂时无法获取手机号，请稍后再试']);
      expect(console).toEqual(['getPhoneNumber:fail no permission']);
    });

    test('whose code is dead wants another tap', async () => {
      await launch('bob');
      await givePhoneNumber('spent');
      await wechat.tap('绑定');
      const { toasts, console } = await wechat.heard();
      expect(toasts).toEqual(['授权已过期，请再点一次']);
      expect(console).toEqual([expect.stringMatching(/^MenjinError: /)]);
    });
  });

  describe('the devices', () => {
    const OTHER = '安卓手机 · 2312DRA50C';

    test('are listed, and one that the person ends is logged out', async () => {
      const token = await otherPhone('carol');
      await launch('carol');
      expect(await wechat.screen()).toContain('2 台');
      await wechat.tap('登录设备');
      expect(await wechat.screen()).toEqual(
        ['本机', 'iPhone', '正在使用', '退出', '其他设备', OTHER]
          .concat([expect.stringContaining('使用') as unknown as string, '下线', '下线所有其他设备'])
          .concat(['看到不认识的设备？让它下线，它要重新登录才能继续使用。']),
      );
      await wechat.behave({ confirms: false });
      await wechat.tap('下线');
      expect((await scene.gateway.viewer(token)).code).toBeNull();
      await wechat.behave({ confirms: true });
      await wechat.tap('下线');
      expect((await scene.gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(await wechat.screen()).not.toContain(OTHER);
      expect(await wechat.screen()).toContain('没有在其他设备上登录');
      expect(await wechat.heard()).toMatchObject({
        dialogs: [`让“${OTHER}”下线？`, `让“${OTHER}”下线？`],
        toasts: ['已下线'],
      });
      await wechat.back();
      expect(await wechat.screen()).toContain('1 台');
    });

    test('can all be ended but this one', async () => {
      await launch('erin');
      await wechat.tap('登录设备');
      const tokens = [await otherPhone('erin'), await otherPhone('erin')];
      await wechat.pullDown();
      expect((await wechat.screen()).filter((text) => text === '下线')).toHaveLength(2);
      await wechat.tap('下线所有其他设备');
      for (const token of tokens) expect((await scene.gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(await wechat.screen()).toContain('没有在其他设备上登录');
      expect(await wechat.logins()).toBe(1);
    });

    test('end with this one, too, which then waits for a tap to log in again', async () => {
      await launch('carol');
      await wechat.tap('登录设备');
      await wechat.tap('退出');
      expect(await wechat.page()).toBe('pages/me/me');
      expect(await wechat.screen()).toEqual(['✓', '已退出登录', '这台手机上不再保存你的登录状态', '重新登录']);
      const token = (await wechat.sent()).at(-1)?.token ?? '';
      expect((await scene.gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(await wechat.logins()).toBe(1);
      await wechat.tap('重新登录');
      expect(await wechat.screen()).toContain('微信用户');
      expect(await wechat.logins()).toBe(2);
    });

    test('show a new login when this one was ended elsewhere', async () => {
      await launch('alice');
      const token = (await wechat.sent()).at(-1)?.token ?? '';
      await scene.gateway.logout(token);
      await wechat.tap('登录设备');
      expect(await wechat.screen()).toContain('正在使用');
      expect(await wechat.logins()).toBe(2);
    });
  });

  describe('when something is wrong', () => {
    const breakStore = () => scene.gateway.sessionFaults.always('get', 'fail before');
    const mendStore = () => scene.gateway.sessionFaults.always('get', 'pass');

    test('a person reads what, and one tap tries again', async () => {
      await launch('alice');
      breakStore();
      await wechat.coldStart();
      expect(await wechat.screen()).toEqual(['!', '服务暂时不可用', '请稍后再试', '重试']);
      mendStore();
      await wechat.tap('重试');
      expect(await wechat.screen()).toContain('微信用户');
      expect(await wechat.logins()).toBe(1);
    });

    test('what is on the screen stays there', async () => {
      await launch('alice');
      await wechat.tap('登录设备');
      const before = await wechat.screen();
      await wechat.plan('request', { errMsg: 'request:fail -106:net::ERR_INTERNET_DISCONNECTED' });
      await wechat.pullDown();
      expect(await wechat.screen()).toEqual(before);
      expect((await wechat.heard()).toasts).toEqual(['网络连接失败，请检查网络后再试']);
    });

    test('a device that could not be ended is still there', async () => {
      const token = await otherPhone('alice');
      await launch('alice');
      await wechat.tap('登录设备');
      await wechat.plan('request', { statusCode: 502, data: '<html>' });
      await wechat.tap('下线');
      expect((await wechat.heard()).toasts).toEqual([expect.stringContaining('请稍后再试')]);
      expect(await wechat.screen()).toContain('下线');
      expect((await scene.gateway.viewer(token)).code).toBeNull();
    });

    test('who is blocked is told so, and not asked to try again', async () => {
      await launch('mallory');
      expect(await wechat.screen()).toEqual(['!', '账号已被限制使用', '如有疑问请联系客服']);
    });

    test('who is blocked while they look at something sees it no more', async () => {
      await launch('alice');
      await wechat.tap('登录设备');
      await wechat.plan('request', refusal('USER_BLOCKED'));
      await wechat.pullDown();
      expect(await wechat.screen()).toEqual(['!', '账号已被限制使用', '如有疑问请联系客服']);
    });

    test('what is our own fault has a number that support can find', async () => {
      await launch('alice');
      await wechat.plan('request', { ...refusal('INTERNAL_SERVER_ERROR'), header: { 'X-Request-Id': 'q7Hn2' } });
      await wechat.coldStart();
      expect(await wechat.screen()).toEqual(['!', '服务出了点问题', '请稍后再试', '编号 q7Hn2', '重试']);
    });

    test('who logs out is logged out here, and told when the gateway does not know', async () => {
      await launch('alice');
      await wechat.plan('logout', ...Array.from({ length: 3 }, () => ({ statusCode: 502, data: '<html>' })));
      await wechat.tap('退出登录');
      expect(await wechat.screen()).toContain('已退出登录');
      expect((await wechat.heard()).toasts).toEqual([expect.stringContaining('没能通知服务器')]);
    });
  });
});

describe('the words', () => {
  const wordsOf = require('./words/failure') as (failure: object) => { title: string; advice: string; number: string };
  const deviceOf = require('./words/device') as (userAgent: string | null) => object;
  const lastSeenOf = require('./words/last-seen') as (iso: string, nowMs: number) => string;
  const maskedNumber = require('./words/masked-number') as (e164: string) => string;

  const ofTheClient = readFileSync(path.join(root, 'docs', 'miniprogram.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm);
  const codes = [...Object.keys(errorTable), ...Array.from(ofTheClient, ([, code]) => code ?? '')];

  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => {});
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('whatever fails, it is said in Chinese, and the developer is told the rest', () => {
    expect(codes).toEqual(expect.arrayContaining(['SERVICE_UNAVAILABLE', 'DOMAIN_NOT_LISTED']));
    for (const code of codes) {
      const failure = { code };
      const { title, advice } = wordsOf(failure);
      expect(`${code}: ${title}，${advice}`).toMatch(/^[A-Z_]+: [\p{Script=Han}，]+$/u);
      expect(console.warn).toHaveBeenLastCalledWith(failure);
    }
  });

  test.each([
    [2, '请在 2 秒后再试'],
    [90, '请在 90 秒后再试'],
    [100, '请在 2 分钟后再试'],
    [7000, '请在 2 小时后再试'],
    [null, '请稍后再试'],
  ])('a wait of %s seconds: %s', (retryAfterSeconds, advice) => {
    expect(wordsOf({ code: 'RATE_LIMITED', retryAfterSeconds }).advice).toBe(advice);
  });

  test.each([
    [IPHONE, 'iPhone', 'phone'],
    [ANDROID, '安卓手机 · 2312DRA50C', 'phone'],
    ['Mozilla/5.0 (Linux; Android 12)', '安卓手机', 'phone'],
    ['Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1', '鸿蒙手机', 'phone'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 15_0) wechatdevtools/1.06', '微信开发者工具', 'computer'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) MacWechat/3.8', 'Mac 电脑', 'computer'],
    ['curl/8.5.0', '未知设备', 'phone'],
    [null, '未知设备', 'phone'],
  ])('%s is %s', (userAgent, name, kind) => {
    expect(deviceOf(userAgent)).toEqual({ name, kind });
  });

  test.each([
    [0, '1 小时内使用过'],
    [59, '1 小时内使用过'],
    [60, '1 小时前使用过'],
    [23 * 60 + 59, '23 小时前使用过'],
    [3 * 24 * 60, '3 天前使用过'],
    [31 * 24 * 60, '最近使用：2026年4月19日'],
  ])('%s minutes ago: %s', (minutes, words) => {
    const now = new Date(2026, 4, 20, 12).getTime();
    expect(lastSeenOf(new Date(now - minutes * 60_000).toISOString(), now)).toBe(words);
  });

  test.each([
    ['+8613800138000', '138****8000'],
    ['+85291234567', '+85****67'],
    ['+4915123456789', '+49****89'],
  ])('of %s everybody reads %s', (e164, masked) => {
    expect(maskedNumber(e164)).toBe(masked);
  });
});

describe('in DevTools', () => {
  const read = (file: string) => readFileSync(path.join(example, file), 'utf8');
  const readJson = (file: string) => JSON.parse(read(file));
  const app = readJson('app.json');

  test('it opens as it is: nobody has an appid or a domain yet, and npm can be built again', () => {
    const { appid, compileType, miniprogramRoot, setting } = readJson('project.config.json');
    expect({ appid, compileType, miniprogramRoot }).toEqual({
      appid: 'touristappid',
      compileType: 'miniprogram',
      miniprogramRoot: './',
    });
    expect(setting).toMatchObject({ urlCheck: false, es6: true, enhance: true, packNpmManually: true });
    const [{ packageJsonPath, miniprogramNpmDistDir }] = setting.packNpmRelationList;
    expect(Object.keys(readJson(packageJsonPath).dependencies)).toEqual(['@menjin/miniprogram']);
    expect(existsSync(path.join(example, miniprogramNpmDistDir, 'miniprogram_npm/@menjin/miniprogram/index.js'))).toBe(
      true,
    );
  });

  test('every page and component is there, with all its files', () => {
    const folder = (page: string, file: string) => path.posix.join(path.posix.dirname(page), file);
    const components = app.pages.flatMap((page: string) =>
      Object.values<string>(readJson(`${page}.json`).usingComponents).map((file) => folder(page, file)),
    );
    expect(components).toContain('components/placeholder/placeholder');
    for (const each of [...app.pages, ...components]) {
      for (const kind of ['js', 'json', 'wxml', 'wxss']) {
        expect([`${each}.${kind}`, existsSync(path.join(example, `${each}.${kind}`))]).toEqual([
          `${each}.${kind}`,
          true,
        ]);
      }
    }
    for (const file of [app.sitemapLocation, app.themeLocation])
      expect(existsSync(path.join(example, file))).toBe(true);
  });

  test('every colour of a bar has a light and a dark one', () => {
    const { light, dark } = readJson(app.themeLocation);
    const named = JSON.stringify(app.window).match(/(?<="@)\w+/g);
    expect(Object.keys(light).sort()).toEqual([...new Set(named)].sort());
    expect(Object.keys(dark)).toEqual(Object.keys(light));
  });

  test('all that it asks is in the schema', () => {
    const schema = buildSchema(readFileSync(path.join(root, 'schema.graphql'), 'utf8'));
    const documents = Object.values(require('./queries') as Record<string, string>);
    expect(documents.flatMap((document) => validate(schema, parse(document)))).toEqual([]);
    expect(documents).toHaveLength(5);
  });

  // It is a binary for these machines.
  const whereItRuns = process.arch === 'x64' ? test : test.skip;

  whereItRuns("WeChat's own compiler takes the WXML", () => {
    const { wxmlToJs } = require('miniprogram-compiler') as { wxmlToJs(folder: string): string };
    const compiled = wxmlToJs(example);
    expect(app.pages.filter((page: string) => !compiled.includes(`${page}.wxml`))).toEqual([]);
  });

  test('all of it is ES2018', async () => {
    const esCheck = path.join(root, 'node_modules', 'es-check', 'lib', 'cli', 'index.js');
    await promisify(execFile)(process.execPath, [esCheck, 'es2018', './**/*.js'], { cwd: example });
  });
});
