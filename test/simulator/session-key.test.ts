import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { callAsApp, exchange, start, userOf } from './ask.js';

/** The key is the base64 text itself; the message is empty. */
function signatureOf(sessionKey: string): string {
  return createHmac('sha256', sessionKey).update('').digest('hex');
}

interface Who {
  readonly openid: string;
  readonly session_key: string;
}

function ask(simulator: Simulator, path: string, { openid, session_key }: Who, changes = {}) {
  const query = { openid, signature: signatureOf(session_key), sig_method: 'hmac_sha256', ...changes };
  return callAsApp(simulator, path, { query });
}

const check = (simulator: Simulator, who: Who, changes = {}) => ask(simulator, '/wxa/checksession', who, changes);
const reset = (simulator: Simulator, who: Who, changes = {}) =>
  ask(simulator, '/wxa/resetusersessionkey', who, changes);

async function logIn(simulator: Simulator, username: string): Promise<Who> {
  return exchange(simulator, simulator.code(username));
}

describe('checksession', () => {
  test('knows the key of the last wx.login, exchanged or not, and no other', async () => {
    const simulator = await start();
    const alice = await logIn(simulator, 'alice');
    expect(await check(simulator, alice)).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(await check(simulator, await logIn(simulator, 'newcomer'))).toMatchObject({ errcode: 0 });
    expect(await check(simulator, { ...alice, openid: userOf(simulator, 'bob').openid ?? '' })).toMatchObject({
      errcode: 87009,
    });
    simulator.code('alice');
    expect(await check(simulator, alice)).toMatchObject({ errcode: 87009 });
  });

  test('knows those who were here before a restart, and not their keys', async () => {
    const alice = await logIn(await start(), 'alice');
    expect(await check(await start(), alice)).toMatchObject({ errcode: 87009 });
  });
});

describe('resetusersessionkey', () => {
  test('answers another key, and the old one is dead at once', async () => {
    const simulator = await start();
    const alice = await logIn(simulator, 'alice');
    const answer = await reset(simulator, alice);
    expect(answer).toEqual({
      errcode: 0,
      errmsg: 'ok',
      openid: alice.openid,
      session_key: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
    });
    expect(answer.session_key).not.toBe(alice.session_key);
    expect(await check(simulator, alice)).toMatchObject({ errcode: 87009 });
    expect(await reset(simulator, alice)).toMatchObject({ errcode: 87009 });
    expect(await check(simulator, answer)).toMatchObject({ errcode: 0 });
  });
});

describe.each([
  ['checksession', check],
  ['resetusersessionkey', reset],
])('%s', (_name, api) => {
  test.each([
    [40003, { openid: 'o-nobody' }],
    [40003, { openid: null }],
    [87008, { sig_method: 'hmac_sha1' }],
    [87008, { sig_method: null }],
    [87009, { signature: 'f'.repeat(64) }],
    [87009, { signature: null }],
  ])('answers %i to %j, and the key stays', async (errcode, changes) => {
    const simulator = await start();
    const alice = await logIn(simulator, 'alice');
    expect(await api(simulator, alice, changes)).toMatchObject({ errcode });
    expect(await check(simulator, alice)).toMatchObject({ errcode: 0 });
  });
});
