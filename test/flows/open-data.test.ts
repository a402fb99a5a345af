import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SealedOpenData } from '../../src/simulator/index.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { APP_SECRET, APPID, makeTempDir, type TestGateway } from '../support/test-gateway.js';
import { decryption, sealedWith, startWechatScene, type WechatScene } from '../support/wechat-scene.js';

const OTHER_APP = { appid: 'wxtest0000000002', secret: APP_SECRET };
const LOGIN_AGAIN = 'OPEN_DATA_REFUSED LOGIN_AGAIN';
const FIX_INPUT = 'OPEN_DATA_REFUSED FIX_INPUT';
const FIVE_MINUTES_MS = 300_000;
/** What people have in their data, and no log may have. */
const CANARY = 'CANARY-in-the-payload';

const apps = [{ appid: APPID }, OTHER_APP].map(
  ({ appid }) => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' }) as const,
);

let scene: WechatScene;
let gateway: TestGateway;

beforeAll(async () => {
  scene = await startWechatScene({ otherApps: [OTHER_APP] });
  scene.untold.add(CANARY);
  gateway = await scene.gateway({ config: { apps }, seams: { passwordHasher: createFastHasher() } });
});

afterAll(() => scene.close());

/** Somebody with a phone, and the token of their login. */
async function signIn(username: string) {
  const { openid } = scene.person(username);
  return { username, openid, token: await scene.logIn(gateway, username) };
}

const encrypt: WechatScene['simulator']['encrypt'] = (...given) => {
  const sealed = scene.simulator.encrypt(...given);
  for (const text of Object.values(sealed)) scene.untold.add(text);
  return sealed;
};

async function decrypt(token: string | null, sealed: SealedOpenData) {
  const { query, variables } = decryption(sealed);
  return gateway.graphql(query, { variables, token });
}

const outcome = (token: string, sealed: SealedOpenData) => sealedWith(gateway, token, sealed);

/** `wx.login`, whatever comes of it: another session_key. */
const phoneLogsIn = (username: string) => scene.simulator.code(username);

describe('what WeChat encrypts', () => {
  test('is opened for its viewer, each kind under its name and the names of its fields', async () => {
    const { token, openid } = await signIn('ann');
    const opened = async (...given: Parameters<typeof encrypt>) => {
      const { body } = await decrypt(token, encrypt(...given));
      expect(body.data.decryptOpenData.sealedWith).toBe('CURRENT');
      return body.data.decryptOpenData.data;
    };
    const { purePhoneNumber = '' } =
      scene.simulator.users.find(({ username }) => username === 'ann')?.phoneNumber ?? {};
    scene.untold.add(purePhoneNumber);

    expect(await opened('ann', 'userInfo')).toEqual({
      ...{ __typename: 'WeChatUserInfo', openId: openid, unionId: null, nickName: '微信用户', gender: 0 },
      ...{ language: '', city: '', province: '', country: '', avatarUrl: expect.stringMatching(/^https:/) },
    });
    expect(await opened('ann', 'phoneNumber')).toEqual({
      ...{ __typename: 'WeChatPhoneNumber', phoneNumber: purePhoneNumber, purePhoneNumber, countryCode: '86' },
    });
    const { __typename, stepInfoList } = await opened('ann', 'runData');
    expect([__typename, stepInfoList.length]).toEqual(['WeChatRunData', 31]);
    expect(stepInfoList[30]).toEqual({ timestamp: expect.any(Number), step: expect.any(Number) });
    expect(await opened('ann', 'shareInfo')).toEqual({
      __typename: 'WeChatShareInfo',
      openGId: expect.stringMatching(/^tG/),
    });
    expect(await opened('ann', 'groupEnterInfo')).toEqual({
      ...{ __typename: 'WeChatGroupEnterInfo', opengid: expect.stringMatching(/^tG/) },
      ...{ open_single_roomid: null, group_openid: null, chat_type: 3 },
    });
    const { __typename: unknown, json } = await opened('ann', { invented: CANARY });
    expect(unknown).toBe('UnknownOpenData');
    expect(JSON.parse(json)).toMatchObject({ invented: CANARY, watermark: { appid: APPID } });
  });

  test('has a unionId for who has one, and a country code for who has a number as one', async () => {
    const carol = await scene.logIn(gateway, 'carol');
    expect((await decrypt(carol, encrypt('carol', 'userInfo'))).body.data.decryptOpenData.data.unionId).toMatch(/^o/);
    const bob = await scene.logIn(gateway, 'bob');
    expect((await decrypt(bob, encrypt('bob', 'phoneNumber'))).body.data.decryptOpenData.data.countryCode).toBe('86');
  });

  test('is opened with the rawData that its signature is of, whatever the case of its digits', async () => {
    const { token } = await signIn('signed');
    const { signature = '', ...sealed } = encrypt('signed', 'userInfo');
    expect(await outcome(token, { ...sealed, signature })).toBe('CURRENT');
    expect(await outcome(token, { ...sealed, signature: signature.toUpperCase() })).toBe('CURRENT');
  });

  test('is answered the same again: it changes nothing', async () => {
    const { token } = await signIn('again');
    const sealed = encrypt('again', 'phoneNumber');
    const [first, second] = [await decrypt(token, sealed), await decrypt(token, sealed)];
    expect(second.body).toEqual(first.body);
    const { body } = await gateway.graphql('{ viewer { user { phoneNumber } } }', { token });
    expect(body.data.viewer.user.phoneNumber).toBeNull();
  });
});

describe('a session_key that another login replaces', () => {
  test('opens what was fetched before that login, to the token of either, and what is fetched after it', async () => {
    const { token } = await signIn('once');
    const before = encrypt('once', 'phoneNumber');
    expect(await outcome(token, before)).toBe('CURRENT');
    const again = await scene.logIn(gateway, 'once');
    expect(await outcome(again, before)).toBe('PREVIOUS');
    expect(await outcome(token, before)).toBe('PREVIOUS');
    expect(await outcome(again, encrypt('once', 'phoneNumber'))).toBe('CURRENT');
  });

  test('opens nothing after two logins: fetch it again', async () => {
    const { token } = await signIn('twice');
    const before = encrypt('twice', 'phoneNumber');
    await scene.logIn(gateway, 'twice');
    const last = await scene.logIn(gateway, 'twice');
    expect(await outcome(last, before)).toBe(LOGIN_AGAIN);
    expect(await outcome(token, before)).toBe(LOGIN_AGAIN);
    expect(await outcome(last, encrypt('twice', 'phoneNumber'))).toBe('CURRENT');
  });

  test('signs rawData with the data that it opens: the other key is not taken for it', async () => {
    const { token } = await signIn('mixed');
    const before = encrypt('mixed', 'userInfo');
    await scene.logIn(gateway, 'mixed');
    const { rawData = '', signature = '' } = encrypt('mixed', 'userInfo');
    expect(await outcome(token, before)).toBe('PREVIOUS');
    expect(await outcome(token, { ...before, rawData, signature })).toBe(LOGIN_AGAIN);
  });

  test('is asked for by LOGIN_AGAIN when the phone has another one and nobody was told: then new data is opened', async () => {
    const { token } = await signIn('ahead');
    phoneLogsIn('ahead');
    expect(await outcome(token, encrypt('ahead', 'phoneNumber'))).toBe(LOGIN_AGAIN);
    const next = await scene.logIn(gateway, 'ahead');
    expect(await outcome(next, encrypt('ahead', 'phoneNumber'))).toBe('CURRENT');
  });
});

const WRONG_KEY = /^(padding|utf8|json)$/;

/** A character of base64, changed. */
function flipped(base64: string, byte: number, bits: number): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[byte] = (bytes[byte] ?? 0) ^ bits;
  return bytes.toString('base64');
}

const refusals: readonly (readonly [
  title: string,
  cause: string | RegExp,
  seal: (me: { username: string; openid: string }) => Promise<SealedOpenData> | SealedOpenData,
])[] = [
  [
    "somebody else's data",
    WRONG_KEY,
    async () => {
      await scene.logIn(gateway, 'bob');
      return encrypt('bob', 'phoneNumber');
    },
  ],
  [
    "the same person's data of another app",
    WRONG_KEY,
    async ({ username }) => {
      await scene.logIn(gateway, username, OTHER_APP.appid);
      return encrypt(username, 'phoneNumber', { appid: OTHER_APP.appid });
    },
  ],
  ['a foreign openId', 'openid', ({ username }) => encrypt(username, { openId: 'somebody', note: CANARY })],
  [
    'user info without an openId',
    'openid',
    ({ username }) => encrypt(username, { nickName: 'Ann', avatarUrl: '', note: CANARY }),
  ],
  [
    'the watermark of another app',
    'appid',
    ({ username }) =>
      encrypt(username, {
        phoneNumber: '13800138000',
        watermark: { appid: OTHER_APP.appid, timestamp: Math.floor(scene.clock.now() / 1000) },
      }),
  ],
  ['no watermark', 'watermark', ({ username }) => encrypt(username, { note: CANARY, watermark: CANARY })],
  ['a watermark of yesterday', 'age', ({ username }) => encrypt(username, 'phoneNumber', { timestamp: 86_400 })],
  [
    'rawData that was changed',
    'signature',
    ({ username }) => ({ ...encrypt(username, 'userInfo'), rawData: '{"nickName":"Ann"}' }),
  ],
  [
    'a broken padding',
    'padding',
    ({ username }) => {
      const { encryptedData, iv } = encrypt(username, 'phoneNumber');
      const length = Buffer.from(encryptedData, 'base64').length;
      return { encryptedData: flipped(encryptedData, length - 17, 0x80), iv };
    },
  ],
  [
    'what is no UTF-8',
    'utf8',
    ({ username }) => {
      const { encryptedData, iv } = encrypt(username, 'phoneNumber');
      return { encryptedData, iv: flipped(iv, 0, 0x80) };
    },
  ],
  [
    'what is no JSON',
    'json',
    ({ username }) => {
      const { encryptedData, iv } = encrypt(username, 'phoneNumber');
      return { encryptedData, iv: flipped(iv, 0, 0x01) };
    },
  ],
];

const misshapen: readonly (readonly [title: string, input: string, change: (sealed: SealedOpenData) => object])[] = [
  ['nothing', 'length', () => ({ encryptedData: '' })],
  ['a line end in the base64', 'base64', ({ encryptedData }) => ({ encryptedData: `${encryptedData}\n` })],
  ['the alphabet of URLs', 'base64', ({ encryptedData }) => ({ encryptedData: `-_${encryptedData.slice(2)}` })],
  ['a space for a plus, as forms make it', 'base64', () => ({ encryptedData: 'AAAA AAAAAAAAAAAAAAAA===' })],
  ['half a block', 'blocks', () => ({ encryptedData: Buffer.alloc(24).toString('base64') })],
  ['an iv of 12 bytes', 'iv', () => ({ iv: Buffer.alloc(12).toString('base64') })],
  ['a signature without rawData', 'signature_alone', () => ({ signature: 'a'.repeat(40) })],
  ['rawData without a signature', 'signature_alone', () => ({ rawData: '{}' })],
  ['a signature that is none', 'signature_form', () => ({ rawData: '{}', signature: 'z'.repeat(40) })],
];

describe('a refusal', () => {
  /** What is sent over the wire, whole: the body as it is, and every header but the name of the request and the date. */
  async function wholeAnswer(token: string, sealed: object) {
    const { query } = decryption({ encryptedData: '', iv: '' });
    const response = await gateway.running.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${token}` },
      payload: { query, variables: { input: sealed } },
    });
    const { 'x-request-id': requestId, date: _date, ...headers } = response.headers;
    const lines = gateway.logLines.filter((line) => line.requestId === requestId && 'code' in line);
    return { answer: { status: response.statusCode, body: response.body, headers }, lines };
  }

  test('is the same to the byte whatever did not open, and its one log line has the cause', async () => {
    const me = await signIn('refused');
    const answers: unknown[] = [];
    for (const [title, cause, seal] of refusals) {
      const { answer, lines } = await wholeAnswer(me.token, await seal(me));
      answers.push(answer);
      const current = typeof cause === 'string' ? cause : expect.stringMatching(cause);
      const line = { code: 'OPEN_DATA_REFUSED', current, previous: 'no_key' };
      expect([title, lines]).toEqual([title, [expect.objectContaining(line)]]);
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 200, body: expect.stringContaining('"action":"LOGIN_AGAIN"') });
  });

  test('of what is not of the form is FIX_INPUT, the same to the byte, and its one log line has the fault', async () => {
    const { token } = await signIn('misshapen');
    const { encryptedData, iv } = encrypt('misshapen', 'phoneNumber');
    const answers: unknown[] = [];
    for (const [title, input, change] of misshapen) {
      const { answer, lines } = await wholeAnswer(token, { encryptedData, iv, ...change({ encryptedData, iv }) });
      answers.push(answer);
      expect([title, lines]).toEqual([title, [expect.objectContaining({ code: 'OPEN_DATA_REFUSED', input })]]);
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 200, body: expect.stringContaining('"action":"FIX_INPUT"') });
  });

  test('is an error to operators only when a store fails: the same again is answered', async () => {
    const { token } = await signIn('outage');
    const sealed = encrypt('outage', 'phoneNumber');
    gateway.sqlFaults.plan('query', 'fail before');
    expect(await outcome(token, sealed)).toBe('SERVICE_UNAVAILABLE');
    expect(await outcome(token, sealed)).toBe('CURRENT');
  });
});

describe('who may have data opened', () => {
  test('needs a session', async () => {
    const { token } = await signIn('leaver');
    const sealed = encrypt('leaver', 'phoneNumber');
    expect((await decrypt(null, sealed)).code).toBe('UNAUTHENTICATED');
    await gateway.logout(token);
    expect((await decrypt(token, sealed)).code).toBe('UNAUTHENTICATED');
    expect(await outcome(await scene.logIn(gateway, 'leaver'), { encryptedData: '', iv: '' })).toBe(FIX_INPUT);
  });

  test('has one thing opened in one operation', async () => {
    const { token } = await signIn('greedy');
    const { encryptedData, iv } = encrypt('greedy', 'phoneNumber');
    const one = (alias: string) => `${alias}: decryptOpenData(input: $input) { sealedWith }`;
    const query = `mutation ($input: DecryptOpenDataInput!) { ${one('a')} ${one('b')} }`;
    const answer = await gateway.graphql(query, { variables: { input: { encryptedData, iv } }, token });
    expect([answer.status, answer.code, answer.body.data]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED', undefined]);
  });

  test("with a password on a phone has what that phone fetched opened, not what the account's own phone did", async () => {
    const owner = await signIn('owner');
    const password = 'correct horse battery staple';
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { viewer { user { id } } } }';
    const input = { username: 'the-owner', password };
    const { body } = await gateway.graphql(register, { variables: { input }, token: owner.token });
    const lent = scene.person('lent-phone');
    const byPassword = `mutation ($input: LoginWithPasswordInput!) {
      loginWithPassword(input: $input) { token viewer { openid user { id } } } }`;
    const answer = await gateway.graphql(byPassword, {
      variables: { input: { ...input, code: phoneLogsIn('lent-phone'), appid: APPID } },
    });
    const { token, viewer } = answer.body.data.loginWithPassword;
    expect(viewer).toEqual({ openid: lent.openid, user: body.data.register.viewer.user });
    expect(await outcome(token, encrypt('lent-phone', 'userInfo'))).toBe('CURRENT');
    expect(await outcome(token, encrypt('owner', 'userInfo'))).toBe(LOGIN_AGAIN);
    expect(await outcome(owner.token, encrypt('owner', 'userInfo'))).toBe('CURRENT');
  });

  test('has the session that was ended elsewhere a moment ago no more, though this process remembers it', async () => {
    const dir = makeTempDir();
    const own = await startWechatScene();
    try {
      const [here, elsewhere] = [
        await own.gateway({ dataDir: dir.path, config: { sessionCacheSize: 100 } }),
        await own.gateway({ dataDir: dir.path }),
      ];
      const token = await own.logIn(here, 'alice');
      const sealed = own.simulator.encrypt('alice', 'phoneNumber');
      expect(await sealedWith(here, token, sealed)).toBe('CURRENT');
      await elsewhere.logout(token);
      // That it does remember it.
      expect((await here.viewer(token)).body.data.viewer).not.toBeNull();
      expect(await sealedWith(here, token, sealed)).toBe('UNAUTHENTICATED');
    } finally {
      await own.close();
      dir.remove();
    }
  });
});

describe('OPEN_DATA_MAX_AGE', () => {
  const seconds = () => Math.floor(scene.clock.now() / 1000);

  test('takes what is five minutes old, and not a millisecond more', async () => {
    const { token } = await signIn('old');
    const sealed = (['phoneNumber', 'userInfo'] as const).map((kind) => encrypt('old', kind));
    const unknown = encrypt('old', { invented: CANARY });
    scene.clock.advance(FIVE_MINUTES_MS - (scene.clock.now() % 1000));
    for (const each of [...sealed, unknown]) expect(await outcome(token, each)).toBe('CURRENT');
    scene.clock.advance(1);
    for (const each of [...sealed, unknown]) expect(await outcome(token, each)).toBe(LOGIN_AGAIN);
  });

  test('takes what a clock that is fast has marked, five minutes ahead, and not a millisecond more', async () => {
    scene.clock.advance(1999 - (scene.clock.now() % 1000));
    const { token } = await signIn('ahead-of-time');
    const sealed = encrypt('ahead-of-time', 'phoneNumber', { timestamp: seconds() + 1 + FIVE_MINUTES_MS / 1000 });
    expect(await outcome(token, sealed)).toBe(LOGIN_AGAIN);
    scene.clock.advance(1);
    expect(await outcome(token, sealed)).toBe('CURRENT');
  });

  test('is nothing to steps and shares', async () => {
    const { token } = await signIn('runner');
    for (const kind of ['runData', 'shareInfo', 'groupEnterInfo'] as const) {
      expect(await outcome(token, encrypt('runner', kind, { timestamp: seconds() - 365 * 86_400 }))).toBe('CURRENT');
    }
  });

  test('of 0 takes data of any age, and one of another length goes by that', async () => {
    const own = await startWechatScene();
    try {
      const [ageless, quick] = [
        await own.gateway({ config: { openDataMaxAgeMs: null } }),
        await own.gateway({ config: { openDataMaxAgeMs: 1500 } }),
      ];
      for (const [at, expected] of [
        [86_400, ['CURRENT', LOGIN_AGAIN]],
        [own.clock.now() / 1000 - 2, ['CURRENT', LOGIN_AGAIN]],
        [own.clock.now() / 1000 - 1, ['CURRENT', 'CURRENT']],
      ] as const) {
        const answers: string[] = [];
        for (const each of [ageless, quick]) {
          const token = await own.logIn(each, 'alice');
          answers.push(await sealedWith(each, token, own.simulator.encrypt('alice', 'phoneNumber', { timestamp: at })));
        }
        expect(answers).toEqual(expected);
      }
    } finally {
      await own.close();
    }
  });
});

describe('SECRET_KEYS that change', () => {
  const [first, second] = [Buffer.alloc(32, 'first'), Buffer.alloc(32, 'second')];

  test('open what is kept while the old one is among them; without it, a login brings a key that opens', async () => {
    const dir = makeTempDir();
    const own = await startWechatScene();
    const withKeys = (...secretKeys: Buffer[]) => own.gateway({ dataDir: dir.path, config: { secretKeys } });
    try {
      const before = await withKeys(first);
      const token = await own.logIn(before, 'alice');
      const sealed = own.simulator.encrypt('alice', 'phoneNumber');
      expect(await sealedWith(await withKeys(second, first), token, sealed)).toBe('CURRENT');

      const lost = await withKeys(second);
      expect(await sealedWith(lost, token, sealed)).toBe(LOGIN_AGAIN);
      expect(lost.logLines.filter((line) => line.code === 'OPEN_DATA_REFUSED')).toEqual([
        expect.objectContaining({ current: 'no_key', previous: 'no_key' }),
      ]);
      const again = await own.logIn(lost, 'alice');
      expect(await sealedWith(lost, again, sealed)).toBe(LOGIN_AGAIN);
      expect(await sealedWith(lost, again, own.simulator.encrypt('alice', 'phoneNumber'))).toBe('CURRENT');
      // Somebody found the key again.
      expect(await sealedWith(await withKeys(second, first), again, sealed)).toBe('PREVIOUS');
    } finally {
      await own.close();
      dir.remove();
    }
  });
});
