import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { loadOfflineExplorer } from '../../src/http/offline-explorer.js';
import { explorerOptions } from '../../src/http/offline-explorer-options.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const wechatApiUrl = 'http://127.0.0.1:9';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startTestGateway({ wechatApiUrl });
});

afterEach(() => gateway.close());

const get = (url: string, from = gateway) => from.running.app.inject({ url });

describe('the explorer that needs no internet', () => {
  test.each(['en-US', 'zh-CN'] as const)(
    'offers in %s a login and the viewer, both of which the schema has',
    (language) => {
      const windows = explorerOptions[language].initialWindows ?? [];
      expect(windows.map(({ initialName }) => initialName)).toEqual(['1. LogIn', '2. Viewer']);
      for (const { initialQuery = '' } of windows) expect(validate(schema, parse(initialQuery))).toEqual([]);
      expect(windows[0]?.initialVariables).toContain('"code": ""');
      expect(windows[1]?.initialHeaders).toEqual({ Authorization: 'Bearer <token>' });
    },
  );

  test('is a page that runs its own script and files of the gateway, and may ask nobody else', async () => {
    const { statusCode, headers, body } = await get('/explorer');
    expect({ statusCode, type: headers['content-type'] }).toEqual({
      statusCode: 200,
      type: 'text/html; charset=utf-8',
    });
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(body) ?? [];
    const [, script = ''] = /<script type="module">(.*)<\/script>/s.exec(body) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
    expect(headers).not.toHaveProperty('content-security-policy');
    expect((await get('/explorer/')).body).toBe(body);
  });

  test('has files that a browser may keep, each with its type', async () => {
    const { body } = await get('/explorer');
    const [, base = ''] = /<base href="([^"]+)"/.exec(body) ?? [];
    expect(base).toMatch(/^\/explorer\/\d+\.\d+\.\d+\/$/);
    const names = [...body.matchAll(/(?:src|href)="([^"/][^"]*)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    const types = new Set<unknown>();
    for (const name of [...names, 'assets/i18n/zh-CN.json', 'media/jetbrains-mono-latin-400-normal.woff2']) {
      const { statusCode, headers } = await get(`${base}${name}`);
      expect({ name, statusCode, caching: headers['cache-control'] }).toEqual({
        ...{ name, statusCode: 200, caching: 'public, max-age=31536000, immutable' },
      });
      types.add(headers['content-type']);
    }
    expect([...types].sort()).toEqual([
      'application/json; charset=utf-8',
      'font/woff2',
      'image/svg+xml',
      'image/x-icon',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  test.each([
    '../../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    '..%5c..%5cpackage.json',
    'index.html',
    'iframe-sandbox/index.html',
    'iframe-sandbox/sandbox.png',
    'assets/i18n/README.md',
    'assets',
    '',
    'constructor',
    'main.js%00.png',
  ])('has no file %j', async (name) => {
    const [, base = ''] = /<base href="([^"]+)"/.exec((await get('/explorer')).body) ?? [];
    const answer = await get(`${base}${name}`);
    expect({ status: answer.statusCode, code: answer.json().errors[0].extensions.code }).toEqual({
      status: 404,
      code: 'NOT_FOUND',
    });
  });

  test('is not there in production', async () => {
    const production = await startTestGateway({ wechatApiUrl, config: { environment: 'production' } });
    try {
      expect((await get('/explorer', production)).statusCode).toBe(404);
    } finally {
      await production.close();
    }
  });

  test('is not there without its package', async () => {
    const missing = () => {
      throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    };
    expect(await loadOfflineExplorer(missing)).toBeNull();
  });
});
