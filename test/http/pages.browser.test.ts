import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Locator, Request } from 'playwright-core';
import { describeWithService } from '../servers/describe-with-service.js';
import { type OpenBrowser, openBrowser } from '../support/browser.js';
import { rounds } from '../support/rounds.js';
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

  type Outcome = Record<'code' | 'asked' | 'client' | 'seconds' | 'end', string>;

  async function readOutcome(): Promise<Outcome> {
    await browser.page.locator('#outcome-facts:visible').waitFor();
    const [code = '', asked = '', client = '', seconds = '', end = ''] = await Promise.all(
      ['code', 'asked', 'client', 'seconds', 'end'].map((id) => byId(`outcome-${id}`).innerText()),
    );
    return { code, asked, client, seconds, end };
  }

  const press = (experiment: string) => browser.page.locator(`[data-experiment="${experiment}"]`).click();

  async function tryIt(experiment: string): Promise<Outcome> {
    await press(experiment);
    return readOutcome();
  }

  /** Until the client waits: then as long as it may be told, in no time. */
  async function waitItOut(experiment: string): Promise<Outcome> {
    await press(experiment);
    await browser.page.getByText('The client waits, as it was told').waitFor();
    await browser.page.clock.fastForward(8000);
    return readOutcome();
  }

  /** What the phone has asked for since, each with its path and its field of GraphQL. */
  async function askedMeanwhile(work: () => Promise<unknown>): Promise<string[]> {
    const asked: string[] = [];
    const note = (request: Request) => {
      const [, field = ''] = /\{\s*(\w+)/.exec(request.postDataJSON()?.query ?? '') ?? [];
      asked.push(`${new URL(request.url()).pathname} ${field}`.trim());
    };
    browser.page.on('request', note);
    await work();
    browser.page.off('request', note);
    return asked.filter((each) => each !== '/simulator/exchanges');
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
    const documents = () => browser.page.locator('[data-document]').allTextContents();
    const announced = await documents();
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

    expect(announced).toHaveLength(2);
    expect(await documents()).toEqual(announced);
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

  test('two questions at once are one wx.login; a lost answer, one session; a session ended elsewhere, one more login', async () => {
    await open('/phone?lang=en');
    await browser.page.clock.install();
    const openid = await logIn();
    expect(await tryIt('viewer')).toMatchObject({ code: 'no error', asked: 'not at all' });
    const taps = askedMeanwhile(() => tryIt('doubleTap'));
    expect(await taps).toEqual(['/simulator/codes', '/graphql login', '/graphql viewer', '/graphql viewer']);
    expect(await readOutcome()).toMatchObject({ client: expect.stringContaining('1 exchange, 1 session') });

    const lost = askedMeanwhile(() => waitItOut('lostAnswer'));
    expect(await lost).toEqual(['/simulator/codes', '/graphql login', '/graphql login', '/graphql viewer']);
    expect(await readOutcome()).toMatchObject({ client: expect.stringContaining('1 exchange, 1 session') });

    const again = ['/graphql viewer', '/simulator/codes', '/graphql login', '/graphql viewer'];
    expect(await askedMeanwhile(() => tryIt('sessionEnded'))).toEqual(['/graphql logout', ...again]);
    const ended = await readOutcome();
    expect(ended).toMatchObject({ code: 'UNAUTHENTICATED', end: expect.stringContaining('a good answer') });
    expect(ended.client).toContain('logged in again, once');
    expect(await byId('screen-openid').innerText()).toBe(openid);
  });

  test('somebody else gets nothing for the code, and a copy of an ended session’s token nothing either', async () => {
    await open('/phone?lang=en');
    await logIn();
    expect(await tryIt('stolenCode')).toMatchObject({
      code: 'CODE_INVALID',
      end: expect.stringContaining('CODE_INVALID'),
    });
    const [token = ''] = /mj_[\w-]{43}/.exec(await byId('step-token').innerText()) ?? [];
    expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);
    const again = ['/graphql viewer', '/simulator/codes', '/graphql login', '/graphql viewer'];
    expect(await askedMeanwhile(() => tryIt('viewer'))).toEqual(again);
    expect(await tryIt('logOut')).toMatchObject({
      code: 'UNAUTHENTICATED',
      end: expect.stringContaining('a good answer'),
    });
    expect(await byId('screen-title').innerText()).toBe('Logged out');
    const { asked, client } = await tryIt('viewer');
    expect(asked.split('\n')).toHaveLength(1);
    expect(client).toContain('logged in by itself');
    expect(await byId('screen-title').innerText()).toBe('Hello, alice');
  });

  test('each fault of WeChat is told as the client meets it: it waits as told, takes a new code, or gives up', async () => {
    await open('/phone?lang=en');
    await browser.page.clock.install();
    const openid = await logIn();
    const recovers = {
      code: 'PLATFORM_UNAVAILABLE',
      seconds: '5',
      client: expect.stringMatching(/^waited for \d\.\d s, .* and called wx\.login again$/),
      end: expect.stringContaining('a good answer'),
    };
    const busy = await waitItOut('busy');
    expect(busy).toMatchObject(recovers);
    expect(busy.asked.split('\n')).toHaveLength(5);
    expect(await waitItOut('cut')).toMatchObject({ ...recovers, asked: expect.stringContaining('was cut') });
    expect(await waitItOut('html')).toMatchObject({ ...recovers, asked: expect.stringContaining('HTML') });
    // Five seconds: as long as the gateway waits for WeChat.
    if (rounds(0, 1) > 0)
      expect(await waitItOut('hang')).toMatchObject({ ...recovers, asked: expect.stringContaining('no answer came') });
    expect(await tryIt('quota')).toMatchObject({
      code: 'RATE_LIMITED',
      seconds: '60',
      end: expect.stringMatching(/^RATE_LIMITED/),
    });
    expect(await tryIt('blocked')).toMatchObject({
      code: 'USER_BLOCKED',
      seconds: '',
      end: expect.stringMatching(/^USER_BLOCKED/),
    });
    expect(await byId('screen-openid').innerText()).toBe(openid);
    expect(await tryIt('viewer')).toMatchObject({ code: 'no error' });
    expect(await tryIt('slow')).toMatchObject({ code: 'no error', asked: expect.stringContaining('came late') });
  });

  test('who picks up the phone hears nothing of what was under way', async () => {
    await open('/phone?lang=en');
    await browser.page.clock.install();
    await press('cut');
    await browser.page.getByText('The client waits, as it was told').waitFor();
    await browser.page.getByText('bob').click();
    const asked = await askedMeanwhile(async () => {
      await browser.page.clock.fastForward(8000);
      expect(await logIn()).toBe(openidOf('bob'));
    });
    expect(asked).toEqual(['/simulator/codes', '/graphql login', '/graphql viewer']);
    expect(await byId('outcome-status').innerText()).toContain('Press one of these buttons');
    expect(await byId('outcome-facts').isVisible()).toBe(false);
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
    expect(await tryIt('quota')).toMatchObject({ code: 'RATE_LIMITED', client: expect.stringContaining('立即放弃') });
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
