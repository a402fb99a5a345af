import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { App } from '../../src/platforms/platform.js';
import { createWechat } from '../../src/platforms/wechat.js';
import { createSimulator } from '../../src/simulator/index.js';
import { type ExchangeCounterpart, exchangeSuite, type Situation } from '../suites/exchange.js';
import {
  recordedIdentity,
  recordedRefusals,
  recordedRids,
  recordedSessions,
  refusalOfRecordedForm,
  STRING_ERRCODE,
} from '../suites/recorded-answers.js';

const app: App = { platform: 'WECHAT', appid: 'wx0123456789abcdef', secrets: ['canary-secret'], tenant: 'default' };

exchangeSuite('the simulator', async () => {
  const simulator = await createSimulator();
  const { appid, secret } = simulator;
  const ours: App = { ...app, appid, secrets: [secret] };

  /** Each the way it comes about at WeChat, if the simulator has that way; else as a fault. */
  const ways = new Map<Situation, () => { code: string; app?: App }>([
    ['a person', () => ({ code: simulator.code('alice') })],
    ['a person again', () => ({ code: simulator.code('alice') })],
    ['a person with a unionid', () => ({ code: simulator.code('carol') })],
    [40029, () => ({ code: `0${'a'.repeat(31)}` })],
    [40226, () => ({ code: simulator.code('mallory') })],
    [40013, () => ({ code: simulator.code('alice'), app: { ...ours, appid: 'wxunknown' } })],
    [40125, () => ({ code: simulator.code('alice'), app: { ...ours, secrets: ['wrong'] } })],
    [41008, () => ({ code: '' })],
  ]);

  return {
    apiUrl: simulator.url,
    async prepare(situation) {
      const prepared = { app: ours, ...ways.get(situation)?.() };
      if (prepared.code !== undefined) return { ...prepared, code: prepared.code };
      if (situation !== 40163)
        return { ...prepared, code: simulator.code('bob', { fault: situation as 'html' | number }) };
      const code = simulator.code('bob');
      await createWechat({ apiUrl: simulator.url }).exchange(ours, code);
      return { ...prepared, code };
    },
    callsFor: (code) => simulator.exchanges(code).length,
    close: simulator.close,
  };
});

interface DumbServer {
  readonly url: string;
  readonly requests: URL[];
  close(): Promise<void>;
}

/** Answers what it is told to, and judges nothing. */
async function startDumbServer(answer: (code: string) => string | RequestListener): Promise<DumbServer> {
  const requests: URL[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(url);
    const given = answer(url.searchParams.get('js_code') ?? '');
    if (typeof given !== 'string') return given(request, response);
    response.setHeader('content-type', 'text/plain');
    response.end(given);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const html: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'text/html; charset=gbk');
  response.end('<html><body>maintenance</body></html>');
};

const recorded = new Map<Situation, string | RequestListener>([
  ['a person', recordedSessions['without an errcode']],
  ['a person again', recordedSessions['in the other order']],
  ['a person with a unionid', recordedSessions['with a unionid']],
  ['html', html],
  ['truncated', recordedSessions['without an errcode'].slice(0, 40)],
  ['cut', (request) => request.socket.resetAndDestroy()],
  ['hang', () => {}],
  ...Object.entries(recordedRefusals).map(([errcode, text]) => [Number(errcode), text] as const),
]);

exchangeSuite('WeChat as it was recorded', async () => {
  const bySituation = new Map<string, string | RequestListener>();
  const server = await startDumbServer((code) => bySituation.get(code) ?? '');
  let lastCode = 0;
  return {
    apiUrl: server.url,
    async prepare(situation) {
      lastCode += 1;
      const code = `code-${lastCode}`;
      bySituation.set(code, recorded.get(situation) ?? refusalOfRecordedForm(Number(situation)));
      return { code, app };
    },
    callsFor: (code) => server.requests.filter(({ searchParams }) => searchParams.get('js_code') === code).length,
    close: server.close,
  } satisfies ExchangeCounterpart;
});

describe('the client, of what was recorded,', () => {
  let answer = '';
  let server: DumbServer;

  beforeAll(async () => {
    server = await startDumbServer(() => answer);
  });
  afterAll(() => server.close());

  const exchange = () => createWechat({ apiUrl: server.url }).exchange(app, 'a code');

  test('asks as WeChat’s page says: one path, four parameters', async () => {
    answer = recordedSessions['without an errcode'];
    await exchange();
    const [url] = server.requests;
    expect(url?.pathname).toBe('/sns/jscode2session');
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      appid: 'wx0123456789abcdef',
      secret: 'canary-secret',
      js_code: 'a code',
      grant_type: 'authorization_code',
    });
  });

  test.each(Object.entries(recordedSessions))('takes a session %s', async (_name, text) => {
    answer = text;
    const { openid, unionid, sessionKey } = await exchange();
    expect(openid).toBe(recordedIdentity.openid);
    expect(unionid).toBe(text.includes(recordedIdentity.unionid) ? recordedIdentity.unionid : null);
    expect(text).toContain(`"session_key":"${sessionKey}"`);
  });

  test.each(Object.entries(recordedRids))(
    'finds the rid of %s, whichever way its tail is written',
    async (errcode, rid) => {
      answer = recordedRefusals[Number(errcode) as keyof typeof recordedRefusals];
      await expect(exchange()).rejects.toMatchObject({ log: { errcode: Number(errcode), rid } });
    },
  );

  test('takes a numeric string for the number', async () => {
    answer = STRING_ERRCODE;
    await expect(exchange()).rejects.toMatchObject({ code: 'CODE_INVALID', log: { errcode: 40029 } });
  });
});
