import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config.js';
import { hold, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  codeOf,
  freshRequestId,
  searchForSecrets,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

let wechat: StandInWechat;
let gateway: TestGateway;

async function start(config: Partial<Config> = {}): Promise<void> {
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, config });
}

async function listen(): Promise<number> {
  const { app } = gateway.running;
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

beforeEach(async () => {
  wechat = await startStandInWechat();
});

afterEach(async () => {
  await gateway.close();
  await wechat.close();
});

const LOGIN = 'mutation LogIn($input: LoginInput!) { login(input: $input) { viewer { openid } } }';

describe('a body without end', () => {
  const MEBIBYTE = 1024 * 1024;
  const CHUNK = 'x'.repeat(64 * 1024);

  /** Sends the part again and again until it is cut off, or has sent it all. */
  async function pour(port: number, head: string, part: string): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const isClosed = new Promise((resolve) => socket.once('close', resolve));
    let left = 10 * MEBIBYTE;
    const more = () => {
      while (left > 0 && socket.write(part)) left -= part.length;
      if (left <= 0) socket.end();
    };
    socket.on('drain', more);
    socket.resume();
    socket.write(head);
    more();
    await isClosed;
  }

  const head = (request: string, header: string) =>
    `${request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${header}\r\n\r\n`;
  const announced = `Content-Length: ${10 * MEBIBYTE}`;
  const chunked = 'Transfer-Encoding: chunked';
  const chunk = `${CHUNK.length.toString(16)}\r\n${CHUNK}\r\n`;
  const rows: [title: string, head: string, part: string][] = [
    ['announced', head('POST /graphql', announced), CHUNK],
    ['in chunks', head('POST /graphql', chunked), chunk],
    ['of a method that has none', head('GET /graphql?query={__typename}', chunked), chunk],
    ['of a method that is unknown here', head('PUT /graphql', chunked), chunk],
    ['to a path that is unknown', head('POST /nothing', announced), CHUNK],
    ['of a type that is unknown', head('POST /graphql', announced).replace('/json', '/xml'), CHUNK],
  ];
  test.each(rows)('is read no further than its limit: %s', async (_title, bytes, part) => {
    await start();
    const port = await listen();
    const connected = once(gateway.running.app.server, 'connection') as Promise<[Socket]>;
    await pour(port, bytes, part);
    const [socket] = await connected;
    expect(socket.bytesRead).toBeLessThan(MEBIBYTE);
  });
});

describe('text that is none', () => {
  const code = (json: string) => `{"query":"${LOGIN}","variables":{"input":{"code":"${json}"}}}`;
  const document = (json: string) => `{"query":"{ __typename ${json} }"}`;
  const rows: [title: string, body: string, code: string][] = [
    ['bytes that are not UTF-8', code('\xff\xfe'), 'BAD_REQUEST'],
    ['an overlong encoding', code('\xc0\xaf'), 'BAD_REQUEST'],
    ['half a character', code('\xe4\xb8'), 'BAD_REQUEST'],
    ['a surrogate in UTF-8', code('\xed\xa0\x80'), 'BAD_REQUEST'],
    ['a NUL in the JSON', code('\0'), 'BAD_REQUEST'],
    ['a lone surrogate as a code', code('\\ud800'), 'BAD_USER_INPUT'],
    ['a NUL in a code', code('a\\u0000b'), 'BAD_USER_INPUT'],
    ['a lone surrogate in the document', document('\\ud800'), 'GRAPHQL_PARSE_FAILED'],
    ['a NUL in the document', document('\\u0000'), 'GRAPHQL_PARSE_FAILED'],
  ];
  test.each(rows)('is refused before any call is made: %s', async (_title, payload, code) => {
    await start();
    const response = await gateway.running.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json' },
      payload: Buffer.from(payload, 'latin1'),
    });
    expect([response.statusCode, response.json().errors[0].extensions.code]).toEqual([400, code]);
    expect(wechat.calls).toEqual([]);
  });
});

describe('an object where something else is due', () => {
  const CANARY = 'CANARY-of-an-object';
  test.each(['code', 'requestId', 'appid'])('is refused and does not come back: the %s', async (name) => {
    await start();
    const input = { code: codeOf('alice'), [name]: { [CANARY]: CANARY } };
    const answer = await gateway.graphql(LOGIN, { variables: { input } });
    expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
    searchForSecrets('an answer or a line', JSON.stringify([answer.body, gateway.logLines]), [CANARY]);
    expect(wechat.calls).toEqual([]);
  });
});

describe('a client that leaves in the middle of a login', () => {
  const rows = ['close', 'reset'] as const;
  test.each(rows)('leaves a whole session or none, and no line of a failure, by a TCP %s', async (leave) => {
    await start();
    const port = await listen();
    const code = codeOf('alice');
    const requestId = freshRequestId();
    const body = JSON.stringify({ query: LOGIN, variables: { input: { code, requestId } } });
    const head = ['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
    const request = [...head, `Content-Length: ${body.length}`, '', body].join('\r\n');

    async function leaveAfter(bytes: string, moment: Promise<unknown>): Promise<void> {
      const connected = once(gateway.running.app.server, 'connection') as Promise<[Socket]>;
      const wire = await openWire(port);
      const [socket] = await connected;
      const isClosed = new Promise((resolve) => socket.once('close', resolve));
      wire.write(bytes);
      while (socket.bytesRead < bytes.length) await immediate();
      await moment;
      wire[leave]();
      await isClosed;
    }

    await leaveAfter(request.slice(0, 40), Promise.resolve());
    await leaveAfter(request.slice(0, -10), Promise.resolve());
    expect(wechat.calls).toEqual([]);

    const held = hold();
    wechat.behaviour = held.behaviour;
    await leaveAfter(request, held.arrived);
    held.release();
    const token = await gateway.tokenFor(code, { requestId });
    expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
    expect(wechat.calls).toHaveLength(1);
    expect(gateway.logLines.map(({ msg }) => msg)).toEqual(['login', 'login']);
  });
});

describe('X-Forwarded-For', () => {
  const ME = '203.0.113.7';
  const forged = (n: number) => Array.from({ length: 100 }, (_, index) => `198.51.${n}.${index}`).join(', ');
  interface Row {
    readonly title: string;
    readonly trustProxy: Config['trustProxy'];
    /** Of one sender, who tries `n` things. */
    readonly mine: (n: number) => string;
    /** Of somebody else; null: there is no way to be somebody else. */
    readonly another: string | null;
  }
  const rows: Row[] = [
    { title: 'nothing where no proxy is trusted', trustProxy: null, mine: forged, another: null },
    { title: 'the last entry behind one proxy', trustProxy: 1, mine: (n) => `${forged(n)}, ${ME}`, another: `${ME}0` },
    {
      title: 'the last but one behind two',
      trustProxy: 2,
      mine: (n) => `${forged(n)}, ${ME}, 10.0.0.${n}`,
      another: `${ME}, ${ME}0, 10.0.0.1`,
    },
    {
      title: 'the last that is not trusted',
      trustProxy: ['127.0.0.1', '10.0.0.0/8'],
      mine: (n) => `${forged(n)}, ${ME}, 10.0.0.${n}, 10.9.9.9`,
      another: `${ME}, ${ME}0, 10.9.9.9`,
    },
    { title: 'an address, not its port', trustProxy: 1, mine: (n) => `${ME}:${1000 + n}`, another: `${ME}0:1000` },
    {
      title: 'an IPv6 network, not the address or its zone',
      trustProxy: 1,
      mine: (n) => `2001:db8:0:7::${n}%eth${n}`,
      another: '2001:db8:0:8::1',
    },
    {
      title: 'the proxy itself, when it passes on garbage',
      trustProxy: 1,
      mine: (n) => `${ME}, ${['unknown', '999.1.1.1', '%00', '::1::', '[::1', "'; DROP", '__proto__'][n]}`,
      another: ME,
    },
  ];
  const COUNT = 5;

  test.each(rows)('decides who is counted: $title', async ({ trustProxy, mine, another }) => {
    await start({ trustProxy, loginLimitPerIp: { count: COUNT, windowSeconds: 60 } });
    const logIn = async (forwardedFor: string) => {
      const variables = { input: { code: codeOf('alice') } };
      const answer = await gateway.graphql(LOGIN, { variables, headers: { 'x-forwarded-for': forwardedFor } });
      return answer.code;
    };

    const codes: unknown[] = [];
    for (let n = 0; n <= COUNT; n += 1) codes.push(await logIn(mine(n)));
    expect(codes).toEqual([...Array.from({ length: COUNT }, () => null), 'RATE_LIMITED']);
    if (another !== null) expect(await logIn(another)).toBeNull();
    expect(wechat.calls).toHaveLength(COUNT + (another === null ? 0 : 1));
  });
});
