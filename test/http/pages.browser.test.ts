import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Locator } from 'playwright-core';
import { describeWithService } from '../servers/describe-with-service.js';
import { type OpenBrowser, openBrowser } from '../support/browser.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const OPENID = /^o[\w-]{27}$/;

describeWithService('chromium', 'the pages in a real browser that reaches no other host', () => {
  let gateway: TestGateway;
  let url: string;
  let browser: OpenBrowser;

  beforeAll(async () => {
    gateway = await startTestGateway({ wechatApiUrl: 'http://127.0.0.1:9', config: { apps: [] } });
    url = (await gateway.running.listen()).url;
  });

  afterAll(() => gateway.close());

  async function open(path: string, options: BrowserContextOptions = {}): Promise<void> {
    browser = await openBrowser({ reducedMotion: 'reduce', ...options });
    await browser.page.goto(url + path);
  }

  afterEach(async () => {
    const { requests, complaints, close } = browser;
    await close();
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    // An answer that is an error of HTTP is told on the console too; the faults below have such answers.
    expect(
      complaints.filter((complaint) => !/the server responded with a status of (401|429|503)/.test(complaint)),
    ).toEqual([]);
  });

  function openidOf(username: string): string {
    const openid = gateway.running.simulator?.users.find((user) => user.username === username)?.openid;
    if (typeof openid !== 'string') throw new Error(`${username} has no openid of their own`);
    return openid;
  }

  const byId = (id: string): Locator => browser.page.locator(`#${id}`);

  async function logIn(): Promise<string> {
    await byId('wx-login').click();
    await browser.page.locator('#handset[data-mood="in"]').waitFor();
    return (await byId('screen-openid').textContent()) ?? '';
  }

  async function tryIt(experiment: string): Promise<Record<'code' | 'asked' | 'client' | 'seconds', string>> {
    await browser.page.locator(`[data-experiment="${experiment}"]`).click();
    await browser.page.locator('#outcome-facts:visible').waitFor();
    const [code, asked, client, seconds] = await Promise.all(
      ['outcome-code', 'outcome-asked', 'outcome-client', 'outcome-seconds'].map((id) => byId(id).innerText()),
    );
    return { code: code ?? '', asked: asked ?? '', client: client ?? '', seconds: seconds ?? '' };
  }

  test('a code of the home page, copied with one click, logs its person in', async () => {
    await open('/?lang=en', { permissions: ['clipboard-read', 'clipboard-write'] });
    await byId('person').selectOption('bob');
    await browser.page.getByRole('button', { name: 'Get a code' }).click();
    await byId('copy').click();
    await browser.page.getByText('Copied').waitFor();
    const code = await browser.page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).toBe(await byId('code').textContent());
    const { openid } = (await gateway.login(code)).body.data.login.viewer;
    expect(openid).toBe(openidOf('bob'));
  });

  test('a login goes through six steps, told one after the other, to an openid that was not there before', async () => {
    await open('/phone?lang=en');
    const openid = openidOf('alice');
    expect(await browser.page.content()).not.toContain(openid);
    await browser.page.evaluate(
      `window.told = []; new MutationObserver(() => told.push(document.getElementById('status').textContent))
         .observe(document.getElementById('status'), { childList: true })`,
    );
    expect(await logIn()).toBe(openid);
    expect(await browser.page.locator('.step[data-state="done"]').count()).toBe(6);
    const told = await browser.page.evaluate<string[]>('told');
    expect(told.slice(-7).map((sentence) => sentence.slice(0, 11))).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((step) => `Step ${step} of 6`),
      'alice is lo',
    ]);

    const exchange = await byId('step-exchange').innerText();
    expect(exchange).toContain('never leaves the server');
    expect(exchange).toContain(`${openid.slice(0, 3)}…${openid.slice(-4)}`);
    expect(exchange).not.toContain(openid);
    const [token = ''] = /mj_[\w-]{43}/.exec(await byId('step-token').innerText()) ?? [];
    expect((await gateway.viewer(token)).body.data.viewer.openid).toBe(openid);
    expect(await byId('step-session').innerText()).not.toContain(token);
    expect(await byId('step-viewer').innerText()).toContain(openid);
    expect(await browser.page.content()).not.toContain(gateway.running.simulator?.secret);
  });

  test('a blocked person is turned away, and the steps say where', async () => {
    await open('/phone?lang=en');
    await browser.page.getByText('mallory').click();
    await byId('wx-login').click();
    await browser.page.locator('#step-exchange[data-state="failed"]').waitFor();
    await browser.page.getByText('The login was refused: USER_BLOCKED').waitFor();
    expect(await byId('step-exchange').innerText()).toContain('40226');
    expect(await byId('step-session').innerText()).toContain('Nothing is stored');
    expect(await byId('step-token').innerText()).toContain('USER_BLOCKED');
    expect(await byId('toast').innerText()).toBe('WeChat does not let this account in.');
    expect(await browser.page.content()).not.toContain(openidOf('mallory'));
  });

  test('two taps cost one exchange; somebody else gets nothing for the code; an ended session stays ended', async () => {
    await open('/phone?lang=en');
    await logIn();
    expect(await tryIt('viewer')).toMatchObject({ code: 'no error', asked: 'not at all' });
    const taps = await tryIt('doubleTap');
    expect(taps.client).toContain('1 exchange, 1 session');
    expect(taps.asked.split('\n')).toHaveLength(1);
    expect(await tryIt('stolenCode')).toMatchObject({ code: 'CODE_INVALID', client: 'calls wx.login again, once' });
    expect(await tryIt('logOut')).toMatchObject({ code: 'no error' });
    expect(await byId('screen-title').innerText()).toBe('Logged out');
    expect(await tryIt('viewer')).toMatchObject({ code: 'UNAUTHENTICATED', client: 'logs in again, once' });
  });

  test('each fault of WeChat is told as the client sees it, and takes nobody’s session', async () => {
    await open('/phone?lang=en');
    const openid = await logIn();
    const waits = { code: 'PLATFORM_UNAVAILABLE', seconds: '5', client: 'waits, then a new code' };
    const busy = await tryIt('busy');
    expect(busy).toMatchObject(waits);
    expect(busy.asked.split('\n')).toHaveLength(4);
    expect(await tryIt('cut')).toMatchObject({ ...waits, asked: expect.stringContaining('was cut') });
    expect(await tryIt('html')).toMatchObject({ ...waits, asked: expect.stringContaining('HTML') });
    expect(await tryIt('hang')).toMatchObject({ ...waits, asked: expect.stringContaining('no answer came') });
    expect(await tryIt('quota')).toMatchObject({ code: 'RATE_LIMITED', seconds: '60' });
    expect(await tryIt('blocked')).toMatchObject({ code: 'USER_BLOCKED', seconds: '' });
    expect(await byId('screen-openid').innerText()).toBe(openid);
    expect(await tryIt('viewer')).toMatchObject({ code: 'no error' });
    expect(await tryIt('slow')).toMatchObject({ code: 'no error', asked: expect.stringContaining('came late') });
  });

  test('everything can be done with the keyboard, and the focus is seen and kept', async () => {
    await open('/phone?lang=en');
    const { keyboard } = browser.page;
    const focused = () =>
      browser.page.evaluate<string>('document.activeElement.id || document.activeElement.value || ""');
    const tabTo = async (wanted: string) => {
      for (let presses = 0; (await focused()) !== wanted; presses++) {
        expect(presses).toBeLessThan(20);
        await keyboard.press('Tab');
      }
    };
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    expect(await focused()).toBe('main');
    await tabTo('alice');
    await keyboard.press('ArrowDown');
    expect(await focused()).toBe('bob');
    await tabTo('wx-login');
    expect(await browser.page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await keyboard.press('Enter');
    await browser.page.locator('#handset[data-mood="in"]').waitFor();
    expect(await focused()).toBe('wx-login');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await browser.page.locator('#outcome[data-state="good"]').waitFor();
    expect(await byId('outcome-name').innerText()).toContain('Ask again');
  });

  test('a Chinese browser reads Chinese, and one link leads to English and back', async () => {
    await open('/', { locale: 'zh-CN' });
    expect(await browser.page.title()).toContain('小程序的门卫');
    await browser.page.getByRole('link', { name: '打开模拟手机' }).click();
    // Until its scripts have run, the page hears no click.
    await browser.page.waitForURL('**/phone?lang=zh', { waitUntil: 'load' });
    expect(await logIn()).toMatch(OPENID);
    expect(await byId('screen-title').innerText()).toBe('你好，alice');
    expect(await tryIt('quota')).toMatchObject({ code: 'RATE_LIMITED', client: '等待 retryAfterSeconds 秒' });
    await browser.page.getByRole('link', { name: 'English' }).click();
    await browser.page.getByRole('heading', { name: 'What happens when a mini-program logs in' }).waitFor();
    await browser.page.getByRole('link', { name: '中文' }).click();
    await browser.page.getByRole('heading', { name: '小程序登录时，到底发生了什么' }).waitFor();
  });

  test.each(['en', 'zh'])(
    'axe finds nothing serious in %s, light and dark, and a small screen holds it',
    async (lang) => {
      await open(`/?lang=${lang}`);
      await byId('code-form').getByRole('button').click();
      await browser.page.locator('#copy:enabled').waitFor();
      expect(await faultsOfPage()).toEqual([]);
      await browser.page.goto(`${url}/phone?lang=${lang}`);
      expect(await faultsOfPage()).toEqual([]);
      await logIn();
      await tryIt('quota');
      await browser.page.locator('#outcome-raw summary').click();
      expect(await faultsOfPage()).toEqual([]);
      await browser.page.setViewportSize({ width: 360, height: 740 });
      expect(await browser.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    },
  );

  async function faultsOfPage(): Promise<string[]> {
    const { page } = browser;
    await page.evaluate(AXE);
    const light = await page.evaluate<AxeResults>('axe.run()');
    // Nothing else depends on the colours.
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await page.evaluate<AxeResults>("axe.run({ runOnly: ['color-contrast'] })");
    await page.emulateMedia({ colorScheme: 'light' });
    expect(dark.passes.map(({ id }) => id)).toEqual(['color-contrast']);
    return [...light.violations, ...dark.violations]
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }
});
