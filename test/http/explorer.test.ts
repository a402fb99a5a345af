import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { ApolloServer } from '@apollo/server';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { buildSchema, parse, validate } from 'graphql';
import { explorer, explorerDocument } from '../../src/http/explorer.js';
import { graphqlRoute } from '../../src/http/routes/graphql.js';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

const logIn = (code: string) => ({ token: `token of ${code}`, viewer: { openid: 'openid' } });
const rootValue = { login: ({ input }: { input: { code: string } }) => logIn(input.code) };

let app: FastifyInstance;
let apollo: ApolloServer;

beforeEach(async () => {
  apollo = new ApolloServer({ schema, rootValue, plugins: [explorer()] });
  await apollo.start();
  app = Fastify();
  graphqlRoute(app, { apollo, context: async () => ({}) });
});

afterEach(async () => {
  await app.close();
  await apollo.stop();
});

async function openInBrowser(): Promise<string> {
  const response = await app.inject({ url: '/graphql', headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toMatch(/^text\/html/);
  return response.body;
}

function unescapeHtml(text: string): string {
  return text.replace(/<[^>]+>/g, '').replace(/&#(\d+);/g, (_, number) => String.fromCharCode(Number(number)));
}

/** Splits a command line as sh does with double quotes. */
function argumentsOf(command: string): string[] {
  const words = command.match(/"(?:\\.|[^"\\])*"|[^\s"]+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(["\\])/g, '$1') : word));
}

function commandsIn(page: string): string[] {
  return [...page.matchAll(/<pre>(.*?)<\/pre>/gs)].map(([, html = '']) => unescapeHtml(html));
}

/** Runs the page's script against as much of a browser as it touches. */
function runScriptOf(page: string) {
  const [, script = ''] = /<script nonce="[^"]*">(.*)<\/script>/s.exec(page) ?? [];
  const parts = { loading: { hidden: false }, fallback: { hidden: true }, sandbox: { hidden: true } };
  const loader = { src: '', onload: () => {}, onerror: () => {} };
  const timer = { onTimeout: () => {}, delayMs: 0, isCleared: false };
  const listeners: ((event: { origin: string }) => void)[] = [];
  const sandboxes: unknown[] = [];
  runInNewContext(script, {
    document: {
      getElementById: (id: keyof typeof parts) => parts[id],
      querySelectorAll: (selector: string) => (selector === 'main' ? [parts.loading, parts.fallback] : []),
      createElement: () => loader,
      head: { append: () => {} },
    },
    location: { origin: 'http://menjin.test', pathname: '/graphql', search: '?query=x' },
    setTimeout: (onTimeout: () => void, delayMs: number) => Object.assign(timer, { onTimeout, delayMs }),
    clearTimeout: (cleared: typeof timer) => Object.assign(cleared, { isCleared: true }),
    addEventListener: (_: string, listener: (event: { origin: string }) => void) => listeners.push(listener),
    window: {
      EmbeddedSandbox: class {
        constructor(options: object) {
          sandboxes.push({ ...options });
        }
      },
    },
  });
  return {
    loader,
    timer,
    sandboxes,
    hear: (origin: string) =>
      listeners.forEach((listener) => {
        listener({ origin });
      }),
    shown: () =>
      Object.entries(parts)
        .filter(([, part]) => !part.hidden)
        .map(([id]) => id),
  };
}

describe('the explorer', () => {
  test('offers a login and the viewer, both of which the schema has', () => {
    const document = parse(explorerDocument);
    expect(validate(schema, document)).toEqual([]);
    expect(document.definitions.map((definition) => 'name' in definition && definition.name?.value)).toEqual([
      'LogIn',
      'Viewer',
    ]);
  });

  test('starts Sandbox with both operations, the variables, the header, and telemetry off', async () => {
    const page = await openInBrowser();
    const [, options = ''] = /EmbeddedSandbox\(\{ \.\.\.(\{.*\}), initialEndpoint/.exec(page) ?? [];
    expect(JSON.parse(options)).toMatchObject({
      runTelemetry: false,
      initialState: {
        document: explorerDocument,
        variables: { input: { code: '' } },
        headers: { authorization: 'Bearer <token>' },
      },
    });
  });

  test('has a sentence for when the script cannot be loaded, hidden until then', async () => {
    const page = await openInBrowser();
    expect(page).toMatch(/<main id="fallback" role="alert" hidden>\s*<h1>Apollo Sandbox could not be loaded\.<\/h1>/);
  });

  test.each([
    [
      '/explorer',
      /works without Sandbox: in <a href="\/explorer">the explorer that needs no internet<\/a>, or in a terminal/,
    ],
    [null, /works without Sandbox, in a terminal/],
  ])('leads on to the explorer at %s, where there is one', async (offlineExplorerPath, sentence) => {
    const other = new ApolloServer({ schema, plugins: [explorer({ offlineExplorerPath })] });
    await other.start();
    const otherApp = Fastify();
    graphqlRoute(otherApp, { apollo: other, context: async () => ({}) });
    const { body } = await otherApp.inject({ url: '/graphql', headers: { accept: 'text/html' } });
    await otherApp.close();
    await other.stop();
    expect(body).toMatch(sentence);
    expect(body.includes('href="/')).toBe(offlineExplorerPath !== null);
  });

  test('shows that sentence when the script fails', async () => {
    const { shown, loader } = runScriptOf(await openInBrowser());
    expect(shown()).toEqual(['loading']);
    loader.onerror();
    expect(shown()).toEqual(['fallback']);
  });

  test('shows that sentence when nothing has been heard from Sandbox after ten seconds, until something is', async () => {
    const { shown, loader, timer, hear } = runScriptOf(await openInBrowser());
    loader.onload();
    hear('http://127.0.0.1:4000');
    expect(timer).toMatchObject({ delayMs: 10_000, isCleared: false });
    timer.onTimeout();
    expect(shown()).toEqual(['fallback', 'sandbox']);
    hear('https://sandbox.embed.apollographql.com');
    expect(shown()).toEqual(['sandbox']);
  });

  test('points Sandbox at the address the page came from', async () => {
    const { shown, loader, timer, hear, sandboxes } = runScriptOf(await openInBrowser());
    loader.onload();
    hear('https://sandbox.embed.apollographql.com');
    expect(sandboxes).toEqual([
      expect.objectContaining({ target: '#sandbox', initialEndpoint: 'http://menjin.test/graphql' }),
    ]);
    expect(timer.isCleared).toBe(true);
    expect(shown()).toEqual(['sandbox']);
  });

  test('shows commands that log in without Sandbox', async () => {
    const [first, second = '', third = ''] = commandsIn(await openInBrowser());
    expect(first).toBe('npm run -s code -- alice');

    const login = argumentsOf(second);
    expect(login.slice(0, 4)).toEqual([
      'curl',
      'http://127.0.0.1:4000/graphql',
      '-H',
      'content-type: application/json',
    ]);
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/graphql', headers, payload: login.at(-1) ?? '' });
    expect(answer.json()).toEqual({ data: { login: { token: 'token of CODE', viewer: { openid: 'openid' } } } });

    const viewer = argumentsOf(third);
    expect(viewer).toContain('authorization: Bearer TOKEN');
    expect(validate(schema, parse(JSON.parse(viewer.at(-1) ?? '').query))).toEqual([]);
  });

  test('names no host but Sandbox’s two, and the one in the commands', async () => {
    const page = await openInBrowser();
    const origins = new Set(page.match(/\bhttps?:\/\/[^\s/"'<;]+/g));
    expect([...origins].sort()).toEqual([
      'http://127.0.0.1:4000',
      'https://embeddable-sandbox.cdn.apollographql.com',
      'https://sandbox.embed.apollographql.com',
    ]);
  });

  test('lets nothing inline run but its own, by a nonce that is new every time', async () => {
    const [first, second] = [await openInBrowser(), await openInBrowser()];
    const nonceOf = (page: string) => /script-src 'nonce-([^']+)'/.exec(page)?.[1] ?? '';
    expect(nonceOf(first)).toMatch(/^[\w-]{22}$/);
    expect(nonceOf(second)).not.toBe(nonceOf(first));
    for (const [tag] of first.matchAll(/<(script|style)\b[^>]*>/g)) expect(tag).toContain(`nonce="${nonceOf(first)}"`);
    expect(first).not.toMatch(/\son\w+=|\sstyle=/);
  });
});
