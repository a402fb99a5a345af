import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeWithService } from '../servers/describe-with-service.js';
import { type OpenBrowser, openBrowser } from '../support/browser.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

describeWithService('chromium', 'in a real browser that reaches no other host', () => {
  let gateway: TestGateway;
  let origin: string;
  let browser: OpenBrowser;
  let page: Page;

  beforeAll(async () => {
    // Without apps it simulates WeChat.
    gateway = await startTestGateway({ wechatApiUrl: 'http://127.0.0.1:9', config: { apps: [] } });
    ({ url: origin } = await gateway.running.listen());
    browser = await openBrowser();
    page = browser.page;
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  // One page for all of them: it has 5 MB of code.
  describe('the explorer that needs no internet', () => {
    beforeAll(async () => {
      await page.goto(`${origin}/explorer`);
      await page.getByText('1. LogIn').waitFor();
    });

    test('refers to nothing but what the gateway has', async () => {
      const referred = await page.evaluate(`[
        ...[...document.querySelectorAll('[src], link[href]')].map((element) => element.src ?? element.href),
        ...performance.getEntriesByType('resource').map((entry) => entry.name),
      ]`);
      const urls = [...new Set(referred as string[])].filter((url) => !url.endsWith('/graphql'));
      expect(urls.length).toBeGreaterThan(20);
      for (const url of urls) {
        expect(url).toMatch(`${origin}/`);
        expect({ url, status: (await page.request.get(url)).status() }).toEqual({ url, status: 200 });
      }
    });

    test('shows that a code which nobody was given is CODE_INVALID', async () => {
      expect(stringAt('code', await runLogIn('nobody-was-given-this', '"errors"'))).toBe('CODE_INVALID');
    });

    test('shows a login and the viewer, and asks nobody but the gateway', async () => {
      const login = await runLogIn(await freshCode(), '"token"');
      const openid = stringAt('openid', login);
      expect(openid).toMatch(/^o/);

      const viewer = await runViewer(stringAt('token', login) ?? '');
      expect(stringAt('openid', viewer)).toBe(openid);

      expect(browser.requests.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
      expect(browser.complaints).toEqual([]);
    });

    test('says in its docs what login does', async () => {
      await page.getByText('Docs', { exact: true }).click();
      const docs = page.locator('app-doc-viewer');
      await docs.getByText('Mutation', { exact: true }).click();
      await docs.getByText('LoginPayload!').first().waitFor();
      expect(await docs.innerText()).toContain('Trades a code from wx.login for a session.');
    });

    async function freshCode(): Promise<string> {
      const answer = await page.request.post(`${origin}/simulator/codes`, { data: { user: 'alice' } });
      return (await answer.json()).code;
    }

    async function runLogIn(code: string, awaited: string): Promise<string> {
      await page.locator('app-variables-editor .cm-content').fill(JSON.stringify({ input: { code } }));
      return send(awaited);
    }

    async function runViewer(token: string): Promise<string> {
      await page.getByText('2. Viewer').click();
      await page.getByLabel('Set Headers').click();
      await page.getByRole('dialog').getByText('Bearer <token>').fill(`Bearer ${token}`);
      await page.getByRole('button', { name: 'Done' }).click();
      return send('"viewer"');
    }

    /** What it shows of the answer. @param awaited is in this answer, and in none before it */
    async function send(awaited: string): Promise<string> {
      await page.getByRole('button', { name: 'Send Request' }).click();
      return page.locator('app-query-result .cm-content', { hasText: awaited }).innerText();
    }

    const stringAt = (name: string, answer: string) => new RegExp(`"${name}": "([^"]+)"`).exec(answer)?.[1];
  });

  test('the explorer that needs no internet is Chinese for who reads Chinese', async () => {
    const chinese = await openBrowser({ locale: 'zh-CN' });
    try {
      await chinese.page.goto(`${origin}/explorer`);
      await chinese.page.getByText('测试用户 alice').waitFor();
      await chinese.page.getByRole('button', { name: '发送请求' }).waitFor();
      expect(chinese.complaints).toEqual([]);
    } finally {
      await chinese.close();
    }
  });

  test('the page of Sandbox says that it could not be loaded, and leads to the one that needs no internet', async () => {
    await page.goto(`${origin}/graphql`);
    const fallback = page.getByRole('alert');
    await fallback.waitFor();
    expect(await fallback.innerText()).toContain('Apollo Sandbox could not be loaded.');
    expect(await fallback.innerText()).toContain(`${origin}/graphql`);
    expect(await page.getByRole('status').isVisible()).toBe(false);
    await fallback.getByRole('link', { name: 'the explorer that needs no internet' }).click();
    await page.getByText('1. LogIn').waitFor();
  });
});
