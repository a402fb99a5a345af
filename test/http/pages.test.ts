import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientActions } from '../../src/http/pages/texts/client-actions.js';
import { experimentTexts } from '../../src/http/pages/texts/experiments.js';
import { homeTexts } from '../../src/http/pages/texts/home.js';
import { phoneTexts } from '../../src/http/pages/texts/phone.js';
import { siteTexts } from '../../src/http/pages/texts/site.js';
import { stepTexts } from '../../src/http/pages/texts/steps.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/test-gateway.js';

const NOBODY = 'http://127.0.0.1:9';
const pages = ['/', '/phone'] as const;
const languages = ['en', 'zh'] as const;
const each = pages.flatMap((page) => languages.map((language) => `${page}?lang=${language}`));

let gateway: TestGateway;

async function start(config: TestGatewayOptions['config']): Promise<void> {
  gateway = await startTestGateway({ wechatApiUrl: NOBODY, ...(config && { config }) });
}

async function get(url: string, headers: Record<string, string> = {}) {
  return gateway.running.app.inject({ method: 'GET', url, headers });
}

describe('the pages, with a simulated WeChat', () => {
  beforeAll(() => start({ apps: [] }));
  afterAll(() => gateway.close());

  test.each(each)('%s links to nothing elsewhere, and everything it links to is there', async (page) => {
    const seen = new Set<string>();
    const ahead = [page];
    for (const url of ahead) {
      if (seen.has(url)) continue;
      seen.add(url);
      const { statusCode, body, headers } = await get(url, { accept: 'text/html' });
      expect({ url, statusCode }).toEqual({ url, statusCode: 200 });
      if (pages.some((own) => url.startsWith(`${own}?`))) ahead.push(...referencesOf(body));
      if (String(headers['content-type']).startsWith('text/javascript') && url.startsWith('/assets/')) {
        ahead.push(...Array.from(body.matchAll(/from '\.\/([^']+)'/g), ([, name]) => `/assets/${name}`));
      }
    }
    expect(seen).toContain('/assets/site.css');
    expect([...seen].filter((url) => url.startsWith('/assets/') && url.endsWith('.js'))).not.toEqual([]);
    expect(seen).toContain('/graphql');
    expect(seen).toContain('/explorer');
  });

  function referencesOf(page: string): string[] {
    return Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, reference = '']) =>
      reference.replaceAll('&amp;', '&'),
    )
      .filter((reference) => !reference.startsWith('#'))
      .map((reference) => {
        expect(reference).toMatch(/^\/(?!\/)/);
        return reference;
      });
  }

  test.each(each)('%s allows what comes from here and nothing inline', async (page) => {
    const { body, headers } = await get(page);
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(body) ?? [];
    expect(policy.replaceAll('&#39;', "'").split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "img-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
    ]);
    // A second policy would be intersected with the page's own.
    expect(headers['content-security-policy']).toBeUndefined();
    expect(headers['x-frame-options']).toBe('SAMEORIGIN');
    for (const [, attributes = ''] of body.matchAll(/<script([^>]*)>/g)) {
      expect(attributes).toMatch(/^ (type="module" src="\/assets\/|type="application\/json" id=)/);
    }
    expect(body).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  });

  test.each(each)('%s holds no secret, and nobody\u2019s openid or unionid', async (page) => {
    const { simulator } = gateway.running;
    const { body } = await get(page);
    expect(body).toContain('alice');
    expect(body).not.toContain(simulator?.secret);
    const ids = (simulator?.users ?? [])
      .flatMap(({ openid, unionid }) => [openid, unionid])
      .filter((id) => id !== null);
    expect(ids.length).toBeGreaterThan(3);
    for (const id of ids) expect(body).not.toContain(id);
    expect(body).not.toMatch(/mj_[\w-]{20}/);
  });

  test.each([
    ['/', {}, 'en'],
    ['/', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' }, 'zh-CN'],
    ['/phone', { 'accept-language': 'en;q=0.4, zh-Hans;q=0.5' }, 'zh-CN'],
    ['/', { 'accept-language': 'fr, de;q=0.9' }, 'en'],
    ['/', { 'accept-language': 'zh;q=0, *' }, 'en'],
    ['/phone?lang=en', { 'accept-language': 'zh' }, 'en'],
    ['/?lang=zh', { 'accept-language': 'en' }, 'zh-CN'],
    ['/?lang=xx&lang=zh', { 'accept-language': 'zh' }, 'zh-CN'],
  ])('%s is read with %j in %s', async (url, headers, tag) => {
    const { body } = await get(url, headers);
    expect(body).toContain(`<html lang="${tag}">`);
  });

  test('a page keeps its language, and leads to the other one', async () => {
    const { body } = await get('/phone?lang=zh');
    expect(body).toContain('href="/?lang=zh"');
    expect(body).toContain('href="/phone?lang=en" lang="en" hreflang="en"');
    expect(body).toMatch(/href="\/phone\?lang=zh"[^>]* aria-current="true"/);
  });

  test.each([
    '/assets/',
    '/assets/..%2fassets.js',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/assets/site.css%00',
    '/assets/x',
  ])('there is nothing at %s', async (url) => {
    const { statusCode, body } = await get(url);
    expect(statusCode).toBe(404);
    expect(JSON.parse(body).errors[0].extensions.code).toBe('NOT_FOUND');
  });

  test('the phone runs the very client that ships, and its steps show what that sends', async () => {
    const { body: client } = await get('/assets/miniprogram.js');
    const shipped = path.join('examples', 'miniprogram', 'miniprogram_npm', '@menjin', 'miniprogram', 'index.js');
    expect(client).toContain(readFileSync(shipped, 'utf8'));
    const { body: page } = await get('/phone');
    const documents = Array.from(page.matchAll(/data-document="\w+">([^<]+)</g), ([, text = '']) => text);
    expect(documents).toHaveLength(2);
    const withoutSpace = (text: string) => text.replaceAll(/\s/g, '');
    for (const each of documents) expect(withoutSpace(client)).toContain(withoutSpace(each));
  });

  test('a browser that reads the assets as something else is told not to', async () => {
    for (const [name, type] of [
      ['site.css', 'text/css'],
      ['phone.js', 'text/javascript'],
      ['menjin.svg', 'image/svg+xml'],
    ]) {
      const { headers } = await get(`/assets/${name}`);
      expect(headers['content-type']).toContain(type);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });
});

describe('the pages, with real apps', () => {
  beforeAll(() => start({}));
  afterAll(() => gateway.close());

  test('name the apps, and say why there is neither a code nor a phone', async () => {
    const home = (await get('/?lang=en')).body;
    expect(home).toContain('wxtest0000000001');
    expect(home).toContain('Real apps are configured here');
    expect(home).not.toContain('id="code-form"');
    expect(home).not.toContain('/phone');
    expect(home).not.toContain('home.js');

    const phone = (await get('/phone?lang=zh')).body;
    expect(phone).toContain('这里配置了真实的小程序');
    expect(phone).not.toContain('phone.js');
    expect(
      (await gateway.running.app.inject({ method: 'POST', url: '/simulator/codes', payload: {} })).statusCode,
    ).toBe(404);
  });
});

describe('in production', () => {
  beforeAll(() => start({ environment: 'production' }));
  afterAll(() => gateway.close());

  test.each(['/', '/phone', '/assets/site.css', '/assets/menjin.svg', '/simulator/exchanges?code=x'])(
    'there is no %s',
    async (url) => {
      expect((await get(url, { accept: 'text/html' })).statusCode).toBe(404);
    },
  );
});

describe('the texts', () => {
  const tables = { siteTexts, homeTexts, phoneTexts, stepTexts, experimentTexts, clientActions };

  test.each(Object.entries(tables))('%s say the same in both languages, with the same gaps to fill', (_name, table) => {
    const en: Record<string, string> = table.en;
    const zh: Record<string, string> = table.zh;
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      expect(text).not.toBe('');
      expect(zh[key]).not.toBe('');
      expect({ key, gaps: gapsOf(zh[key]) }).toEqual({ key, gaps: gapsOf(text) });
    }
  });

  function gapsOf(text = ''): string[] {
    return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  }
});
