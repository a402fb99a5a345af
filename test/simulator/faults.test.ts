import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { Fault, Simulator } from '../../src/simulator/index.js';
import { exchange, exchangeUrl, start, userOf } from './ask.js';

async function textOf(simulator: Simulator, code: string): Promise<string> {
  return (await fetch(exchangeUrl(simulator, code))).text();
}

describe('a fault', () => {
  test.each<[Fault, number, RegExp]>([
    ['busy', -1, /^system error, rid: /],
    ['quota', 45011, /^api minute-quota reach limit, must slower, retry next minute, rid: /],
    [40226, 40226, /^code blocked, rid: /],
    [40164, 40164, /^invalid ip, not in whitelist, rid: /],
    [50002, 50002, /^user limited, rid: /],
  ])('of %s answers %d, and leaves the code as it was', async (fault, errcode, errmsg) => {
    const simulator = await start();
    const code = simulator.code('alice');
    simulator.fail(fault, { times: 1 });
    expect(await exchange(simulator, code)).toEqual({ errcode, errmsg: expect.stringMatching(errmsg) });
    expect(await exchange(simulator, code)).toHaveProperty('openid');
  });

  test('of a page answers HTML', async () => {
    const simulator = await start();
    const response = await fetch(exchangeUrl(simulator, simulator.code('alice', { fault: 'html' })));
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toMatch(/^<!DOCTYPE html>/);
  });

  test('of half an answer breaks off within the JSON, and has spent the code', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    simulator.fail('truncated', { times: 1 });
    const text = await textOf(simulator, code);
    expect(text).toMatch(/^\{"session_key":"/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(await exchange(simulator, code)).toMatchObject({ errcode: 40163 });
  });

  test('of a cut resets the connection after the request, and has spent the code', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    simulator.fail('cut', { times: 1 });
    await expect(textOf(simulator, code)).rejects.toMatchObject({
      cause: { code: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/) },
    });
    expect(await exchange(simulator, code)).toMatchObject({ errcode: 40163 });
  });

  test('of slowness answers after two seconds', async () => {
    const simulator = await start();
    const startedAt = performance.now();
    const answer = await exchange(simulator, simulator.code('alice', { fault: 'slow' }));
    expect(answer.openid).toBe(userOf(simulator, 'alice').openid);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_990);
  });

  test.each<Fault>(['hang', 'slow'])('of %s holds no connection of a client that has left', async (fault) => {
    const simulator = await start();
    const { hostname, port, pathname, search } = exchangeUrl(simulator, simulator.code('alice', { fault }));
    const client = connect(Number(port), hostname);
    client.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
    while (simulator.exchanges().length === 0) await new Promise(setImmediate);
    client.end();
    // The other side's end, which a connection that is still held does not send.
    await once(client, 'close');
    expect(client.bytesRead).toBe(0);
  });

  test.each<Fault>(['hang', 'slow'])('of %s does not keep the simulator from closing', async (fault) => {
    const simulator = await start();
    const gone = textOf(simulator, simulator.code('alice', { fault })).then(
      () => 'answered',
      () => 'gone',
    );
    while (simulator.exchanges().length === 0) await new Promise(setImmediate);
    await simulator.close();
    expect(await gone).toBe('gone');
  });

  test('of a code happens every time the code is tried, and to no other code', async () => {
    const simulator = await start();
    const [code, other] = [simulator.code('alice', { fault: 'busy' }), simulator.code('alice')];
    for (const _ of [1, 2, 3]) expect(await exchange(simulator, code)).toMatchObject({ errcode: -1 });
    expect(await exchange(simulator, other)).toHaveProperty('openid');
  });

  test('happens as often as it was ordered, or until it is called off', async () => {
    const simulator = await start();
    const ask = async () => (await exchange(simulator, simulator.code('alice'))).errcode ?? 'ok';
    simulator.fail('busy', { times: 2 });
    expect([await ask(), await ask(), await ask()]).toEqual([-1, -1, 'ok']);
    simulator.fail('quota');
    expect([await ask(), await ask(), await ask()]).toEqual([45011, 45011, 45011]);
    simulator.fail(null);
    expect(await ask()).toBe('ok');
  });

  test('may be one app’s: there it comes before that of every app, and the last word counts', async () => {
    const apps = [
      { appid: 'wx1', secret: 's' },
      { appid: 'wx2', secret: 's' },
    ];
    const simulator = await start({ apps });
    const ask = async (appid: string) =>
      (await exchange(simulator, simulator.code('alice', { appid }), { appid, secret: 's' })).errcode ?? 'ok';
    simulator.fail('quota', { appid: 'wx1', times: 1 });
    expect([await ask('wx2'), await ask('wx1'), await ask('wx1')]).toEqual(['ok', 45011, 'ok']);
    simulator.fail('busy');
    simulator.fail('quota', { appid: 'wx1', times: 1 });
    expect([await ask('wx1'), await ask('wx1'), await ask('wx2')]).toEqual([45011, -1, -1]);
    simulator.fail(null, { appid: 'wx1' });
    expect([await ask('wx1'), await ask('wx2')]).toEqual(['ok', -1]);
    simulator.fail(null);
    expect([await ask('wx1'), await ask('wx2')]).toEqual(['ok', 'ok']);
  });

  test('that there is not is misuse, and so is a number of times that is none', async () => {
    const simulator = await start();
    for (const fault of ['canary', 99999, Number.NaN, '__proto__', '-1'] as unknown as Fault[]) {
      expect(() => simulator.fail(fault)).toThrow(
        /^There is no such fault\. There are: busy, quota, slow, .*50002, .*\.$/,
      );
      expect(() => simulator.code('alice', { fault })).toThrow(TypeError);
    }
    for (const times of [0, -1, 1.5, Number.NaN]) expect(() => simulator.fail('busy', { times })).toThrow(TypeError);
    expect(await exchange(simulator, simulator.code('alice'))).toHaveProperty('openid');
  });
});

describe('the list of exchanges', () => {
  test('says what became of each, oldest first, by the clock that was passed in', async () => {
    let time = 1_700_000_000_000;
    const simulator = await start({ now: () => time });
    const { appid } = simulator;
    const code = simulator.code('carol');
    await exchange(simulator, code);
    time += 5;
    const { errmsg } = await exchange(simulator, code);
    simulator.fail('html', { times: 1 });
    await textOf(simulator, 'other');
    const { openid, unionid } = userOf(simulator, 'carol');
    const path = '/sns/jscode2session';
    expect(simulator.exchanges()).toEqual([
      { at: time - 5, appid, code, path, outcome: { kind: 'session', openid, unionid } },
      { at: time, appid, code, path, outcome: { kind: 'errcode', errcode: 40163, errmsg } },
      { at: time, appid, code: 'other', path, outcome: { kind: 'fault', fault: 'html' } },
    ]);
    expect(simulator.exchanges(code)).toHaveLength(2);
    expect(simulator.exchanges('nobody’s')).toEqual([]);
  });

  test('holds neither secrets nor keys', async () => {
    const simulator = await start();
    const { session_key } = await exchange(simulator, simulator.code('alice'));
    await exchange(simulator, simulator.code('alice'), { secret: 'canary-secret' });
    const text = JSON.stringify(simulator.exchanges());
    for (const secret of [session_key, simulator.secret, 'canary-secret']) expect(text).not.toContain(secret);
  });

  test('keeps the newest thousand, each of bounded length', async () => {
    const simulator = await start();
    await exchange(simulator, 'x'.repeat(7_000));
    expect(simulator.exchanges()[0]?.code).toBe('x'.repeat(128));
    for (let sent = 0; sent < 1_000; sent += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => exchange(simulator, `code-${sent + n}`)));
    }
    const codes = simulator.exchanges().map((each) => each.code);
    expect(codes).toHaveLength(1_000);
    expect(codes).not.toContain('x'.repeat(128));
  });
});
