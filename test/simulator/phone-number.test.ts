import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { callAsApp, createClock, exchange, start, userOf } from './ask.js';

const ask = (simulator: Simulator, body: unknown) => callAsApp(simulator, '/wxa/business/getuserphonenumber', { body });

async function phoneOf(simulator: Simulator, username: string) {
  return (await ask(simulator, { code: simulator.phoneCode(username) })).phone_info;
}

describe('getuserphonenumber', () => {
  test('answers the number of the person whose phone made the code, with the time and the app', async () => {
    const { now } = createClock();
    const simulator = await start({ now });
    const { errcode, errmsg, phone_info } = await ask(simulator, { code: simulator.phoneCode('alice') });
    expect([errcode, errmsg]).toEqual([0, 'ok']);
    expect(phone_info).toEqual({
      phoneNumber: expect.stringMatching(/^199\d{8}$/),
      purePhoneNumber: phone_info.phoneNumber,
      countryCode: '86',
      watermark: { timestamp: now() / 1000, appid: simulator.appid },
    });
    expect(userOf(simulator, 'alice').phoneNumber?.purePhoneNumber).toBe(phone_info.phoneNumber);
  });

  test('gives everybody a number of their own, the same after a restart, and a newcomer another one every time', async () => {
    const [first, second] = [await start(), await start()];
    const numbers = await Promise.all(['alice', 'bob', 'carol', 'mallory'].map((name) => phoneOf(first, name)));
    expect(new Set(numbers.map((each) => each.phoneNumber)).size).toBe(4);
    expect(second.users).toEqual(first.users);
    const newcomers = new Set();
    for (const _ of [1, 2]) {
      first.code('newcomer');
      const number = (await phoneOf(first, 'newcomer')).phoneNumber;
      expect((await phoneOf(first, 'newcomer')).phoneNumber).toBe(number);
      newcomers.add(number);
    }
    expect(newcomers.size).toBe(2);
  });

  test('writes the country code as a number for bob, and puts it in front of a foreign number', async () => {
    const phoneNumber = { countryCode: '1', purePhoneNumber: '2125550123' };
    const simulator = await start();
    simulator.addUser({ username: 'dora', phoneNumber });
    expect((await phoneOf(simulator, 'bob')).countryCode).toBe(86);
    expect(await phoneOf(simulator, 'dora')).toMatchObject({ ...phoneNumber, phoneNumber: '12125550123' });
  });

  test('takes a code once, and for five minutes: 40029 after that', async () => {
    const { now, passSeconds } = createClock();
    const simulator = await start({ now });
    const [code, late] = [simulator.phoneCode('alice'), simulator.phoneCode('alice')];
    expect(code).toMatch(/^[0-9a-f]{64}$/);
    passSeconds(299);
    expect(await ask(simulator, { code })).toHaveProperty('phone_info');
    expect(await ask(simulator, { code })).toMatchObject({ errcode: 40029 });
    passSeconds(1);
    expect(await ask(simulator, { code: late })).toMatchObject({ errcode: 40029 });
  });

  test('takes no code of wx.login, nor is its own code one', async () => {
    const simulator = await start();
    const [login, phone] = [simulator.code('alice'), simulator.phoneCode('alice')];
    expect(await ask(simulator, { code: login })).toMatchObject({ errcode: 40029 });
    expect(await exchange(simulator, phone)).toMatchObject({ errcode: 40029 });
    expect(await exchange(simulator, login)).toHaveProperty('openid');
    expect(await ask(simulator, { code: phone })).toHaveProperty('phone_info');
  });

  test('refuses the code of another person with 40029 when it is told who it should be, and does not spend it', async () => {
    const simulator = await start();
    const code = simulator.phoneCode('alice');
    const { openid } = userOf(simulator, 'bob');
    expect(await ask(simulator, { code, openid })).toMatchObject({ errcode: 40029 });
    expect(await ask(simulator, { code, openid: userOf(simulator, 'alice').openid })).toHaveProperty('phone_info');
  });

  test('refuses the code of another app with 40013', async () => {
    const simulator = await start({ apps: [{ appid: 'wx1' }, { appid: 'wx2' }] });
    const code = simulator.phoneCode('alice', { appid: 'wx2' });
    expect(await ask(simulator, { code })).toMatchObject({ errcode: 40013 });
  });

  test('answers 41008 without a code, and 47001 to one that is no text', async () => {
    const simulator = await start();
    expect(await ask(simulator, {})).toMatchObject({ errcode: 41008 });
    expect(await ask(simulator, { code: '' })).toMatchObject({ errcode: 41008 });
    expect(await ask(simulator, { code: 7 })).toMatchObject({ errcode: 47001 });
  });
});

describe('a phone code', () => {
  test('leaves the session_key as it is', async () => {
    const simulator = await start();
    const [first, second] = [simulator.code('alice'), simulator.code('alice')];
    const { session_key } = await exchange(simulator, first);
    simulator.phoneCode('alice');
    expect((await exchange(simulator, second)).session_key).toBe(session_key);
  });

  test('is nobody’s whom there is not', async () => {
    const simulator = await start();
    expect(() => simulator.phoneCode('canary')).toThrow(/^There is no such test user\. There are: alice, /);
    expect(() => simulator.phoneCode('alice', { appid: 'canary' })).toThrow(/^There is no such app/);
  });

  test.each([
    { countryCode: '0', purePhoneNumber: '13800138000' },
    { countryCode: '+86', purePhoneNumber: '13800138000' },
    { countryCode: 8.6, purePhoneNumber: '13800138000' },
    { countryCode: '86', purePhoneNumber: '138 0013 8000' },
    { countryCode: '86', purePhoneNumber: '123' },
  ])('is made for no number like %j: that is misuse', async (phoneNumber) => {
    await expect(start({ users: [{ username: 'dora', phoneNumber }] })).rejects.toThrow(TypeError);
  });
});
