import { createDecipheriv, createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { OpenDataKind, SealedOpenData, Simulator } from '../../src/simulator/index.js';
import { createClock, exchange, start, userOf } from './ask.js';

function open({ encryptedData, iv }: SealedOpenData, sessionKey: string) {
  const decipher = createDecipheriv('aes-128-cbc', Buffer.from(sessionKey, 'base64'), Buffer.from(iv, 'base64'));
  const bytes = Buffer.concat([decipher.update(Buffer.from(encryptedData, 'base64')), decipher.final()]);
  return JSON.parse(bytes.toString());
}

const keyOf = async (simulator: Simulator, username: string, changes = {}): Promise<string> =>
  (await exchange(simulator, simulator.code(username), changes)).session_key;

const profile = {
  nickName: '微信用户',
  gender: 0,
  language: '',
  city: '',
  province: '',
  country: '',
  avatarUrl: expect.stringMatching(/^https:\/\/thirdwx\.qlogo\.cn\//),
};

describe('a phone hands over', () => {
  test.each<[OpenDataKind, object]>([
    [
      'phoneNumber',
      { phoneNumber: expect.stringMatching(/^199/), purePhoneNumber: expect.any(String), countryCode: '86' },
    ],
    ['shareInfo', { openGId: expect.stringMatching(/^tG[\w-]{26}$/) }],
    [
      'groupEnterInfo',
      { opengid: expect.stringMatching(/^tG/), open_single_roomid: '', group_openid: '', chat_type: 3 },
    ],
  ])('%s, sealed under the session_key, with the time and the app', async (kind, fields) => {
    const { now } = createClock();
    const simulator = await start({ now });
    const sessionKey = await keyOf(simulator, 'alice');
    const sealed = simulator.encrypt('alice', kind);
    expect(Object.keys(sealed)).toEqual(['encryptedData', 'iv']);
    const watermark = { timestamp: now() / 1000, appid: simulator.appid };
    expect(open(sealed, sessionKey)).toEqual({ ...fields, watermark });
  });

  test('userInfo, whose openId comes first and whose unionId is only theirs who have one', async () => {
    const simulator = await start();
    for (const username of ['alice', 'carol']) {
      const { openid, unionid } = userOf(simulator, username);
      const sessionKey = await keyOf(simulator, username);
      const fields = open(simulator.encrypt(username, 'userInfo'), sessionKey);
      expect(Object.keys(fields)[0]).toBe('openId');
      expect(fields).toEqual({
        openId: openid,
        ...profile,
        ...(unionid !== null && { unionId: unionid }),
        watermark: expect.any(Object),
      });
    }
  });

  test('runData of the last 31 days, which begin at midnight in China', async () => {
    const clock = createClock(Date.UTC(2026, 0, 31, 17));
    const simulator = await start({ now: clock.now });
    const sessionKey = await keyOf(simulator, 'alice');
    const { stepInfoList } = open(simulator.encrypt('alice', 'runData'), sessionKey);
    expect(stepInfoList).toHaveLength(31);
    expect(stepInfoList[30]).toEqual({ timestamp: Date.UTC(2026, 0, 31, 16) / 1000, step: expect.any(Number) });
    expect(stepInfoList[0].timestamp).toBe(stepInfoList[30].timestamp - 30 * 86_400);
    expect(open(simulator.encrypt('alice', 'runData'), sessionKey).stepInfoList).toEqual(stepInfoList);
  });

  test('rawData with userInfo, signed with the same key, and nothing in it that is secret', async () => {
    const simulator = await start();
    const sessionKey = await keyOf(simulator, 'carol');
    const { rawData = '', signature } = simulator.encrypt('carol', 'userInfo');
    expect(JSON.parse(rawData)).toEqual(profile);
    expect(signature).toBe(createHash('sha1').update(`${rawData}${sessionKey}`).digest('hex'));
  });

  test('what it is told to, with the watermark that is asked for', async () => {
    const simulator = await start();
    const sessionKey = await keyOf(simulator, 'alice');
    const opened = (payload: Record<string, unknown>, timestamp?: number) =>
      open(simulator.encrypt('alice', payload, { timestamp }), sessionKey);
    expect(opened({ ours: '文' }, 7)).toEqual({ ours: '文', watermark: { timestamp: 7, appid: simulator.appid } });
    const foreign = { timestamp: 1, appid: 'wxffffffffffffffff' };
    expect(opened({ watermark: foreign }, 7)).toEqual({ watermark: foreign });
  });

  test('the same twice in two ways', async () => {
    const simulator = await start();
    const [first, second] = [simulator.encrypt('alice', 'shareInfo'), simulator.encrypt('alice', 'shareInfo')];
    expect(second.iv).not.toBe(first.iv);
    expect(second.encryptedData).not.toBe(first.encryptedData);
  });
});

describe('the key it is sealed under', () => {
  test('is the one of the last wx.login: who rotates it in between cannot open it with the new one', async () => {
    const simulator = await start();
    const old = await keyOf(simulator, 'alice');
    const sealed = simulator.encrypt('alice', { n: 1 });
    const present = await keyOf(simulator, 'alice');
    expect(open(sealed, old)).toMatchObject({ n: 1 });
    expect(open(simulator.encrypt('alice', { n: 2 }), present)).toMatchObject({ n: 2 });
    expect(present).not.toBe(old);
  });

  test('is of this person in this app, also of a newcomer', async () => {
    const apps = [
      { appid: 'wx1', secret: 's' },
      { appid: 'wx2', secret: 's' },
    ];
    const simulator = await start({ apps });
    const other = await exchange(simulator, simulator.code('alice', { appid: 'wx2' }), { appid: 'wx2', secret: 's' });
    await keyOf(simulator, 'alice');
    const inOther = open(simulator.encrypt('alice', 'userInfo', { appid: 'wx2' }), other.session_key);
    expect(inOther).toMatchObject({ openId: other.openid, watermark: { appid: 'wx2' } });
    const newcomer = await exchange(simulator, simulator.code('newcomer'));
    expect(open(simulator.encrypt('newcomer', 'userInfo'), newcomer.session_key).openId).toBe(newcomer.openid);
  });
});

test('no session_key is told to who only has the simulator', async () => {
  const simulator = await start();
  const sessionKey = await keyOf(simulator, 'carol');
  const kinds: OpenDataKind[] = ['userInfo', 'phoneNumber', 'runData', 'shareInfo', 'groupEnterInfo'];
  const told = [kinds.map((kind) => simulator.encrypt('carol', kind)), simulator.users, simulator.exchanges()];
  expect(JSON.stringify(told)).not.toContain(sessionKey);
});

test('what cannot be sealed is misuse that says what can be', async () => {
  const simulator = await start();
  for (const payload of ['canary', '__proto__', [], null, 7] as unknown as OpenDataKind[]) {
    expect(() => simulator.encrypt('alice', payload)).toThrow(
      /^There is no such payload\. There are: userInfo, phoneNumber, runData, shareInfo, groupEnterInfo, and objects/,
    );
  }
  expect(() => simulator.encrypt('canary', 'userInfo')).toThrow(/^There is no such test user/);
  expect(() => simulator.encrypt('alice', 'userInfo', { appid: 'canary' })).toThrow(/^There is no such app/);
  expect(() => simulator.encrypt('alice', 'userInfo', { timestamp: 1.5 })).toThrow(/^timestamp is a whole number/);
});
