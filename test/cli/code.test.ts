import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type AskedCode, code } from '../../src/cli/code.js';
import { createSimulator } from '../../src/simulator/index.js';

let server: Server | null = null;

async function startGateway(answer: RequestListener): Promise<number> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stopGateway(): Promise<void> {
  const stopping = server;
  server = null;
  if (stopping === null) return;
  stopping.closeAllConnections();
  stopping.close();
  await once(stopping, 'close');
}

afterEach(stopGateway);

function answerWith(status: number, body: unknown): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

async function run(asked: Partial<AskedCode>, port: number, options: { host?: string; timeoutMs?: number } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const whole = { user: 'alice', appid: null, fault: null, ...asked };
  const exitCode = await code(whole, {
    host: '127.0.0.1',
    port,
    out: { write: (text) => out.push(text) },
    err: { write: (text) => err.push(text) },
    ...options,
  });
  return { exitCode, out: out.join(''), err: err.join('') };
}

describe('the code command', () => {
  test('asks the gateway for a code of the named user and prints the code alone', async () => {
    const asked: unknown[] = [];
    const port = await startGateway(async (request, response) => {
      const chunks = await request.toArray();
      asked.push([request.method, request.url, request.headers['content-type'], Buffer.concat(chunks).toString()]);
      response.end('{"code":"0abc"}');
    });
    expect(await run({ user: 'bob' }, port)).toEqual({ exitCode: 0, out: '0abc\n', err: '' });
    expect(asked).toEqual([['POST', '/simulator/codes', 'application/json', '{"user":"bob"}']]);
  });

  test('names the app and the fault when they are asked for, an errcode as the number it is', async () => {
    const asked: unknown[] = [];
    const port = await startGateway(async (request, response) => {
      asked.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
      response.end('{"code":"0abc"}');
    });
    await run({ appid: 'wx1', fault: 'slow' }, port);
    for (const fault of ['40226', '-1']) await run({ fault }, port);
    expect(asked).toEqual([
      { user: 'alice', appid: 'wx1', fault: 'slow' },
      { user: 'alice', fault: 40226 },
      { user: 'alice', fault: -1 },
    ]);
  });

  test('gets its code from a simulator that runs alone, too, and hears from it what there is', async () => {
    const simulator = await createSimulator();
    try {
      const port = Number(new URL(simulator.url).port);
      const { exitCode, out } = await run({ user: 'carol', appid: simulator.appid, fault: '-1' }, port);
      expect([exitCode, out]).toEqual([0, expect.stringMatching(/^0[A-Za-z0-9]{31}\n$/)]);
      const unknown = await run({ fault: 'slowly' }, port);
      expect(unknown).toEqual({
        exitCode: 1,
        out: '',
        err: expect.stringMatching(/^There is no such fault.*slow.*\n$/),
      });
    } finally {
      await simulator.close();
    }
  });

  test.each(['0.0.0.0', 'localhost'])('finds a gateway whose HOST is %s', async (host) => {
    const port = await startGateway(answerWith(200, { code: '0abc' }));
    expect(await run({}, port, { host })).toEqual({ exitCode: 0, out: '0abc\n', err: '' });
  });

  test('says how to start a gateway when none answers', async () => {
    const port = await startGateway(answerWith(200, {}));
    await stopGateway();
    expect(await run({}, port)).toEqual({
      exitCode: 1,
      out: '',
      err: `Nothing answers at http://127.0.0.1:${port}: start it with npm start.\n`,
    });
  });

  test('says that the gateway has no simulator', async () => {
    const port = await startGateway(
      answerWith(404, { errors: [{ message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } }] }),
    );
    const { exitCode, out, err } = await run({}, port);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toBe(
      `The gateway at http://127.0.0.1:${port} has no simulator: it runs outside production, without WECHAT_APPID.\n`,
    );
  });

  test('passes on what the gateway says about a user there is not, without acting on control characters', async () => {
    const message = 'There is no such test user.\u001b[2J\nThere are: alice, bob.';
    const port = await startGateway(answerWith(400, { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] }));
    expect(await run({ user: 'nobody' }, port)).toEqual({
      exitCode: 1,
      out: '',
      err: 'There is no such test user. [2J There are: alice, bob.\n',
    });
  });

  test.each([
    ['HTML', answerWith(200, '<!DOCTYPE html>')],
    ['HTML with 404', answerWith(404, '<!DOCTYPE html>')],
    ['an endless answer', answerWith(200, `{"code":"${'0'.repeat(100_000)}"}`)],
    [
      'a broken answer',
      ((_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{', () => response.destroy());
      }) satisfies RequestListener,
    ],
    ['a broken connection', ((request) => request.destroy()) satisfies RequestListener],
  ])('says that %s does not come from menjin', async (_, answer) => {
    const port = await startGateway(answer);
    const { exitCode, out, err } = await run({}, port);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(`What answers at http://127.0.0.1:${port} is not menjin`);
  });

  test.each([
    ['an answer without a code', 200, {}],
    ['null', 200, null],
    ['a code that is none', 200, { code: '\u001b[2J' }],
    ['a failure without a message', 500, { errors: [null] }],
  ])('says that %s holds no code', async (_, status, body) => {
    const port = await startGateway(answerWith(status, body));
    expect(await run({}, port)).toEqual({
      exitCode: 1,
      out: '',
      err: `What answers at http://127.0.0.1:${port} gave no code (HTTP ${status}).\n`,
    });
  });

  test.each([
    ['before the answer', (() => {}) satisfies RequestListener],
    ['within the answer', ((_, response) => response.write('{')) satisfies RequestListener],
  ])('stops waiting for a gateway that hangs %s', async (_, answer) => {
    const port = await startGateway(answer);
    expect(await run({}, port, { timeoutMs: 200 })).toEqual({
      exitCode: 1,
      out: '',
      err: `http://127.0.0.1:${port} did not answer within 0.2 s.\n`,
    });
  });
});
