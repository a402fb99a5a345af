import { describe, expect, test } from '@jest/globals';
import { exchange, start, userOf } from './ask.js';

describe('the test users', () => {
  test('are one of each kind', async () => {
    const { users } = await start();
    expect(
      users.map(({ username, kind, openid, unionid }) => [username, kind, openid !== null, unionid !== null]),
    ).toEqual([
      ['alice', 'ordinary', true, false],
      ['bob', 'ordinary', true, false],
      ['carol', 'ordinary', true, true],
      ['mallory', 'blocked', true, false],
      ['newcomer', 'newcomer', false, false],
      ['devtools', 'ordinary', true, false],
    ]);
  });

  test('who are blocked are refused with 40226, every time', async () => {
    const simulator = await start();
    const code = simulator.code('mallory');
    for (const _ of [1, 2]) {
      const refusal = await exchange(simulator, code);
      expect(refusal).toEqual({ errcode: 40226, errmsg: expect.stringMatching(/^code blocked, rid: /) });
    }
  });

  test('who are newcomers are somebody else at every wx.login', async () => {
    const simulator = await start();
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await exchange(simulator, simulator.code('newcomer')));
    for (const { openid } of answers) expect(openid).toMatch(/^o[\w-]{27}$/);
    expect(new Set(answers.map((answer) => answer.openid)).size).toBe(3);
    const code = simulator.code('newcomer');
    simulator.code('newcomer');
    await exchange(simulator, code);
    expect(await exchange(simulator, code)).toMatchObject({ errcode: 40163 });
  });

  test('may be joined by others while it runs', async () => {
    const simulator = await start();
    const dora = simulator.addUser({ username: '朵拉', unionid: true });
    expect(simulator.users.at(-1)).toEqual(dora);
    const { openid, unionid } = await exchange(simulator, simulator.code('朵拉'));
    expect({ openid, unionid }).toEqual({ openid: dora.openid, unionid: dora.unionid });
    expect(() => simulator.addUser({ username: '朵拉' })).toThrow(/same username/);
    expect(() => simulator.addUser({ username: 'eve', openid: dora.openid ?? '' })).toThrow(/same openid/);
  });
});

describe('several apps', () => {
  const apps = [{ appid: 'wx0000000000000001', secret: 'one' }, { appid: 'wx0000000000000002' }];

  test('have a secret each, and the first is the one that is meant when none is named', async () => {
    const simulator = await start({ apps });
    expect(simulator.apps[0]).toEqual(apps[0]);
    expect(simulator.apps[1]?.secret).toMatch(/^[0-9a-f]{32}$/);
    expect(simulator).toMatchObject({ appid: 'wx0000000000000001', secret: 'one' });
    expect(await exchange(simulator, simulator.code('alice'))).toHaveProperty('openid');
    const other = await exchange(simulator, simulator.code('alice'), { appid: 'wx0000000000000002' });
    expect(other).toMatchObject({ errcode: 40125 });
  });

  test('see one person with another openid each, another key, and the same unionid', async () => {
    const simulator = await start({ apps });
    const [{ appid = '', secret = '' } = {}] = simulator.apps.slice(1);
    const firstCode = simulator.code('carol');
    const second = await exchange(simulator, simulator.code('carol', { appid }), { appid, secret });
    const first = await exchange(simulator, firstCode);
    expect(first.openid).toBe(userOf(simulator, 'carol').openid);
    expect(second.openid).toMatch(/^o[\w-]{27}$/);
    expect(second.openid).not.toBe(first.openid);
    expect(second.unionid).toBe(first.unionid);
    expect(second.session_key).not.toBe(first.session_key);
  });

  test('rotate their keys apart: a wx.login in one leaves the other’s as it is', async () => {
    const simulator = await start({ apps });
    const [code1, code2] = [simulator.code('alice'), simulator.code('alice')];
    const first = await exchange(simulator, code1);
    simulator.code('alice', { appid: 'wx0000000000000002' });
    expect((await exchange(simulator, code2)).session_key).toBe(first.session_key);
  });

  test('refuse each other’s codes with 40029, and do not spend them', async () => {
    const simulator = await start({ apps });
    const [{ appid = '', secret = '' } = {}] = simulator.apps.slice(1);
    const code = simulator.code('alice');
    expect(await exchange(simulator, code, { appid, secret })).toMatchObject({ errcode: 40029 });
    expect(await exchange(simulator, code)).toHaveProperty('openid');
  });

  test('are named when another is asked for', async () => {
    const simulator = await start({ apps });
    const sentence = /^There is no such app\. There are: wx0000000000000001, wx0000000000000002\.$/;
    expect(() => simulator.code('alice', { appid: 'canary' })).toThrow(sentence);
    expect(() => simulator.fail('busy', { appid: 'canary' })).toThrow(sentence);
  });
});

describe('the quota of a minute', () => {
  test('is each app’s own, ends with the minute, and costs no code', async () => {
    let time = Date.UTC(2026, 0, 1) + 59_000;
    const apps = [
      { appid: 'wx1', secret: 's' },
      { appid: 'wx2', secret: 's' },
    ];
    const simulator = await start({ apps, quotaPerMinute: 2, now: () => time });
    const ask = (code: string, appid: string) => exchange(simulator, code, { appid, secret: 's' });
    for (let n = 0; n < 2; n += 1) expect(await ask(simulator.code('alice'), 'wx1')).toHaveProperty('openid');
    const code = simulator.code('alice');
    const refusal = await ask(code, 'wx1');
    expect(refusal).toEqual({ errcode: 45011, errmsg: expect.stringMatching(/minute-quota.* rid: [0-9a-f-]{26}$/) });
    expect(await ask(simulator.code('bob', { appid: 'wx2' }), 'wx2')).toHaveProperty('openid');
    time += 1_000;
    expect(await ask(code, 'wx1')).toHaveProperty('openid');
  });
});
