import { createDecipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openSealedData, type SealedData } from '../../src/wechat/open-data.js';
import {
  appid,
  currentKey,
  FIX_INPUT,
  LOGIN_AGAIN,
  now,
  ofAnyAge,
  openid,
  otherKey,
  phoneNumber,
  previousKey,
  publicAnswer,
  refusal,
  rules,
  sealUnder,
  sign,
  userInfo,
  vectors,
  watermark,
} from './open-data-scene.js';

const keys = { current: currentKey, previous: previousKey };
const { official } = vectors.opens;
const sealedOfficial: SealedData = {
  encryptedData: official.encryptedData,
  iv: official.iv,
  rawData: null,
  signature: null,
};
const officialKey = { current: official.sessionKey, previous: null };

describe('the public vectors', () => {
  test("Tencent's own opens", () => {
    const { watermark: _, ...fields } = JSON.parse(official.plaintext);
    expect(openSealedData(sealedOfficial, officialKey, ofAnyAge)).toEqual({
      data: { kind: 'WeChatUserInfo', ...fields },
      sealedWith: 'CURRENT',
    });
  });

  test("Tencent's own is ten years old, and refused for it", () => {
    expect(refusal(sealedOfficial, officialKey).log).toEqual({ current: 'age', previous: 'no_key' });
  });

  test.each(['phone', 'werun', 'share', 'groupEnter'] as const)('the one of %s opens', (name) => {
    const { encryptedData, plaintext } = vectors.made[name];
    const { data } = openSealedData({ ...sealedOfficial, encryptedData }, officialKey, ofAnyAge);
    const { watermark: _, ...fields } = JSON.parse(plaintext);
    const sent = Object.entries(fields).map(([field, value]) => [field, value === '' ? null : value]);
    expect(data).toEqual({ kind: expect.not.stringMatching('UnknownOpenData'), ...Object.fromEntries(sent) });
  });

  test('the one of a foreign appid is refused', () => {
    const { encryptedData } = vectors.made.wrongAppid;
    const error = refusal({ ...sealedOfficial, encryptedData }, officialKey, ofAnyAge);
    expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
    expect(error.log).toEqual({ current: 'appid', previous: 'no_key' });
  });

  test('the one under another iv, which Node decrypts without an error, is refused', () => {
    const error = refusal({ ...sealedOfficial, iv: vectors.mustFail.otherIv.iv }, officialKey, ofAnyAge);
    expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
    expect(error.log).toEqual({ current: 'utf8', previous: 'no_key' });
  });

  test('a key that somebody printed as a number opens nothing', () => {
    const { sessionKey } = vectors.mustFail.keyAsNumber;
    const error = refusal(sealedOfficial, { current: sessionKey, previous: sessionKey }, ofAnyAge);
    expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
    expect(error.log).toEqual({ current: 'key', previous: 'key' });
  });

  const { prefixed, ivAsNumber, shortIv } = vectors.mustFail;
  test.each([
    ['with aaaa in front', prefixed, 'blocks'],
    ['with an iv that somebody printed as a number', ivAsNumber, 'iv'],
    ['with an iv of one byte', shortIv, 'iv'],
  ])('the one %s is of a wrong form', (_, { iv, ...rest }: { iv: string; encryptedData?: string }, fault) => {
    const error = refusal({ ...sealedOfficial, ...rest, iv }, officialKey, ofAnyAge);
    expect(publicAnswer(error)).toBe(FIX_INPUT);
    expect(error.log).toEqual({ input: fault });
  });

  test.each(vectors.signatures)(
    'the signature of $source holds under its key',
    ({ rawData, sessionKey, signature }) => {
      const sealed = { ...sealUnder(sessionKey, userInfo), rawData, signature };
      expect(openSealedData(sealed, { current: sessionKey, previous: null }, rules).sealedWith).toBe('CURRENT');
      const changed = { ...sealed, rawData: rawData.replace('"gender":1', '"gender":2') };
      expect(refusal(changed, { current: sessionKey, previous: null }).log).toEqual({
        current: 'signature',
        previous: 'no_key',
      });
    },
  );
});

describe('the keys', () => {
  test('data of the last login opens with the current key, data of the one before with the previous', () => {
    const data = { kind: 'WeChatUserInfo', openId: openid };
    expect(openSealedData(sealUnder(currentKey, userInfo), keys, rules)).toMatchObject({ data, sealedWith: 'CURRENT' });
    expect(openSealedData(sealUnder(previousKey, userInfo), keys, rules)).toMatchObject({
      data,
      sealedWith: 'PREVIOUS',
    });
  });

  test('either may be missing', () => {
    const sealed = sealUnder(currentKey, userInfo);
    expect(openSealedData(sealed, { current: currentKey, previous: null }, rules).sealedWith).toBe('CURRENT');
    expect(openSealedData(sealed, { current: null, previous: currentKey }, rules).sealedWith).toBe('PREVIOUS');
    expect(refusal(sealed, { current: null, previous: null }).log).toEqual({ current: 'no_key', previous: 'no_key' });
  });

  test('when both are the one it opens with, the current one is named', () => {
    const same = { current: currentKey, previous: currentKey };
    expect(openSealedData(sealUnder(currentKey, userInfo), same, rules).sealedWith).toBe('CURRENT');
  });

  test('data of two logins before is refused', () => {
    const error = refusal(sealUnder(otherKey, userInfo), keys);
    expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
    expect(error.log).toEqual({ current: 'padding', previous: 'padding' });
  });

  test.each([
    ['15 bytes', Buffer.alloc(15, 'current').toString('base64')],
    ['32 bytes', Buffer.alloc(32, 'current').toString('base64')],
    ['nothing', ''],
    ['a space inside', `${currentKey.slice(0, 8)} ${currentKey.slice(8)}`],
    ['no padding', currentKey.slice(0, -2)],
    ['stray bits', currentKey.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`)],
  ])('a key of %s opens nothing, not even data sealed under the bytes it reads as', (_, key) => {
    const error = refusal(sealUnder(currentKey, userInfo), { current: key, previous: key });
    expect(error.log).toEqual({ current: 'key', previous: 'key' });
  });

  test('garbage that ends like padding is refused', () => {
    const ciphertext = Buffer.from(sealUnder(currentKey, userInfo).encryptedData, 'base64');
    const wrongKeys = Array.from({ length: 2_000 }, (_, at) => Buffer.alloc(16, `key ${at}`));
    const padded = wrongKeys.filter((key) => {
      const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(vectors.made.iv, 'base64')).setAutoPadding(
        false,
      );
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).at(-1) === 1;
    });
    expect(padded.length).toBeGreaterThan(0);
    for (const key of padded.map((each) => each.toString('base64'))) {
      const error = refusal(sealUnder(currentKey, userInfo), { current: key, previous: key });
      expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
      expect(error.log).toEqual({ current: 'utf8', previous: 'utf8' });
    }
  });
});

/** Sealed under `currentKey` each. */
const badPayloads: [title: string, fault: string, sealed: SealedData][] = [
  ['another key', 'padding', sealUnder(otherKey, userInfo)],
  ...[
    ['0', 0],
    ['17', 17],
    ['255', 255],
  ].map(([name, byte]): [string, string, SealedData] => [
    `padding that ends in ${name}`,
    'padding',
    sealUnder(currentKey, paddedWith(Buffer.alloc(16, byte)), { padded: false }),
  ]),
  ...Array.from({ length: 15 }, (_, at): [string, string, SealedData] => {
    const padding = Buffer.alloc(16, 16);
    padding[at] = 15;
    return [
      `padding with a wrong byte at ${at}`,
      'padding',
      sealUnder(currentKey, paddedWith(padding), { padded: false }),
    ];
  }),
  ['padding and nothing else', 'json', sealUnder(currentKey, '')],
  ['a byte that is no UTF-8', 'utf8', sealUnder(currentKey, withBytes('nickName', [0xd5]))],
  ['a surrogate as bytes', 'utf8', sealUnder(currentKey, withBytes('nickName', [0xed, 0xa0, 0x80]))],
  ['a byte order mark', 'json', sealUnder(currentKey, `\ufeff${JSON.stringify(userInfo)}`)],
  ['text behind the JSON', 'json', sealUnder(currentKey, `${JSON.stringify(userInfo)}x`)],
  ['JSON cut short', 'json', sealUnder(currentKey, JSON.stringify(userInfo).slice(0, -1))],
  ['a list', 'json', sealUnder(currentKey, [userInfo])],
  ['null', 'json', sealUnder(currentKey, 'null')],
  ['a string', 'json', sealUnder(currentKey, JSON.stringify('watermark'))],
  ['no watermark', 'watermark', sealUnder(currentKey, { ...userInfo, watermark: undefined })],
  ['a watermark that is null', 'watermark', sealUnder(currentKey, { ...userInfo, watermark: null })],
  ['a watermark that is a list', 'watermark', sealUnder(currentKey, { ...userInfo, watermark: [appid, now / 1000] })],
  ...[
    ['without an appid', { appid: undefined }],
    ['with an appid that is a list of it', { appid: [appid] }],
    ['without a time', { timestamp: undefined }],
    ['with a time that is text', { timestamp: String(now / 1000) }],
    ['with a time that is no integer', { timestamp: now / 1000 + 0.5 }],
  ].map(([title, fields]): [string, string, SealedData] => [
    `a watermark ${title}`,
    'watermark',
    sealUnder(currentKey, { ...userInfo, watermark: watermark(fields as Record<string, unknown>) }),
  ]),
  [
    'a watermark that only a prototype has',
    'watermark',
    sealUnder(currentKey, `{"openGId":"g","__proto__":{"watermark":${JSON.stringify(watermark())}}}`),
  ],
  ['a foreign appid', 'appid', sealUnder(currentKey, { ...userInfo, watermark: watermark({ appid: 'wxother' }) })],
  [
    'our appid in capitals',
    'appid',
    sealUnder(currentKey, { ...userInfo, watermark: watermark({ appid: appid.toUpperCase() }) }),
  ],
  ['a foreign openId', 'openid', sealUnder(currentKey, { ...userInfo, openId: 'oGZUI0egBJY1zhBYw2KhdUfwVJJF' })],
  ['an openId that is a list of it', 'openid', sealUnder(currentKey, { ...userInfo, openId: [openid] })],
  ['an openId that is null', 'openid', sealUnder(currentKey, { ...phoneNumber, openId: null })],
  ['a foreign openid beside a phone number', 'openid', sealUnder(currentKey, { ...phoneNumber, openid: 'oOther' })],
  ['a foreign OPENID beside the right openId', 'openid', sealUnder(currentKey, { ...userInfo, OPENID: 'oOther' })],
  ['user info without an openId', 'openid', sealUnder(currentKey, { ...userInfo, openId: undefined })],
  [
    'user info with a nickname of another type and without an openId',
    'openid',
    sealUnder(currentKey, { ...userInfo, openId: undefined, nickName: 1 }),
  ],
  ['a picture without an openId', 'openid', sealUnder(currentKey, { avatarUrl: 'https://a', watermark: watermark() })],
  ['data that is too old', 'age', sealUnder(currentKey, aged(userInfo, -301))],
  ['data of the future', 'age', sealUnder(currentKey, aged(userInfo, 301))],
  [
    "a signature under another login's key",
    'signature',
    { ...sealUnder(currentKey, userInfo), ...sign('{}', previousKey) },
  ],
  [
    'a signature of other raw data',
    'signature',
    { ...sealUnder(currentKey, userInfo), ...sign('{}', currentKey), rawData: '{ }' },
  ],
];

/** User info, filled up with spaces to whole blocks, and a last block of one's own. */
function paddedWith(lastBlock: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(userInfo), 'utf8');
  return Buffer.concat([json, Buffer.alloc((16 - (json.length % 16)) % 16, ' '), lastBlock]);
}

function withBytes(field: keyof typeof userInfo, bytes: number[]): Buffer {
  const [before = '', after = ''] = JSON.stringify({ ...userInfo, [field]: 'HERE' }).split('HERE');
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

function aged<T extends object>(payload: T, seconds: number): T {
  return { ...payload, watermark: watermark({ timestamp: now / 1000 + seconds }) };
}

describe('data that does not open is refused with one public answer, and both keys go the whole way', () => {
  test.each(badPayloads)('%s (%s)', (_, fault, sealed) => {
    for (const [current, previous, log] of [
      [currentKey, null, { current: fault, previous: 'no_key' }],
      [null, currentKey, { current: 'no_key', previous: fault }],
      [currentKey, currentKey, { current: fault, previous: fault }],
      ['no key', currentKey, { current: 'key', previous: fault }],
    ] as const) {
      const error = refusal(sealed, { current, previous });
      expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
      expect(error.log).toEqual(log);
    }
  });

  test('the first cause is the one in the log', () => {
    const all = aged({ ...userInfo, openId: 'oOther' }, -301);
    const signed = { ...sealUnder(currentKey, all), ...sign('{}', otherKey) };
    expect(refusal(signed, keys).log).toEqual({ current: 'openid', previous: 'padding' });
    expect(refusal(signed, keys, { ...rules, openid: 'oOther' }).log).toEqual({ current: 'age', previous: 'padding' });
    expect(refusal(signed, keys, { ...ofAnyAge, openid: 'oOther' }).log).toEqual({
      current: 'signature',
      previous: 'padding',
    });
  });

  test('what the log gets shows nothing of the data and the keys', () => {
    for (const [, , sealed] of badPayloads) {
      const { detail, log, stack, cause } = refusal(sealed, keys);
      const logged = JSON.stringify({ detail, log, stack, cause });
      for (const secret of [currentKey, previousKey, openid, 'Band', '13800138000', sealed.encryptedData, sealed.iv]) {
        expect(logged).not.toContain(secret);
      }
    }
  });
});

describe('the padding', () => {
  test.each(Array.from({ length: 16 }, (_, at) => at + 1))('of %i bytes is taken off', (length) => {
    const spaces = (32 - length - (Buffer.byteLength(JSON.stringify(phoneNumber)) % 16)) % 16;
    const json = JSON.stringify(phoneNumber) + ' '.repeat(spaces);
    expect(16 - (json.length % 16)).toBe(length);
    const { data } = openSealedData(sealUnder(currentKey, json), keys, rules);
    expect(data.kind).toBe('WeChatPhoneNumber');
  });
});

describe('the age', () => {
  test.each([-300, 0, 300])('of %i seconds is let pass', (seconds) => {
    expect(openSealedData(sealUnder(currentKey, aged(phoneNumber, seconds)), keys, rules).sealedWith).toBe('CURRENT');
  });

  test('is measured to the millisecond', () => {
    const sealed = sealUnder(currentKey, aged(phoneNumber, -300));
    expect(refusal(sealed, keys, { ...rules, now: now + 1 }).log).toMatchObject({ current: 'age' });
    expect(openSealedData(sealed, keys, { ...ofAnyAge, now: now + 1 }).sealedWith).toBe('CURRENT');
  });

  test.each([
    ['steps', { stepInfoList: [] }],
    ['share info', { openGId: 'tGroup' }],
    ['group info', { opengid: 'tGroup' }],
  ])('of %s does not matter', (_, payload) => {
    const sealed = sealUnder(currentKey, aged(payload, -86_400));
    expect(openSealedData(sealed, keys, rules).sealedWith).toBe('CURRENT');
  });

  test.each([
    ['a phone number', phoneNumber],
    ['data of an unknown kind', { something: 1 }],
    ['steps of another form', { stepInfoList: {} }],
    ['share info that carries on like a phone number', { openGId: '13800138000', countryCode: '86' }],
    ['group info that carries on like user info', { opengid: 'tGroup', language: 'zh_CN' }],
  ])('of %s does', (_, payload) => {
    expect(refusal(sealUnder(currentKey, aged(payload, -301)), keys).log).toMatchObject({ current: 'age' });
    expect(openSealedData(sealUnder(currentKey, aged(payload, 0)), keys, rules).sealedWith).toBe('CURRENT');
  });

  test('of an old phone number cannot be hidden by rewriting its first block, which the iv allows', () => {
    const old = aged(phoneNumber, -86_400);
    for (const first of ['{"openGId":    "', '{"opengid":    "', '{"phoneNumbeR":"', '{"anything":   "']) {
      const sealed = withFirstBlock(sealUnder(currentKey, old), JSON.stringify(old), first);
      expect(refusal(sealed, keys).log).toMatchObject({ current: 'age' });
    }
  });
});

/** What anybody can do who knows how the plaintext begins, without the key. */
function withFirstBlock(sealed: SealedData, plaintext: string, first: string): SealedData {
  const known = Buffer.from(plaintext).subarray(0, 16);
  const wanted = Buffer.from(first);
  expect(wanted).toHaveLength(16);
  const iv = Buffer.from(sealed.iv, 'base64').map((byte, at) => byte ^ (known[at] ?? 0) ^ (wanted[at] ?? 0));
  return { ...sealed, iv: Buffer.from(iv).toString('base64') };
}

describe('the openId', () => {
  test('cannot be hidden by rewriting the first block, which the iv allows', () => {
    const sealed = sealUnder(currentKey, userInfo);
    expect(JSON.stringify(userInfo).slice(0, 16)).toBe('{"openId":"oGZUI');
    for (const first of ['{"openId":"oAAAA', '{"openID":"oGZUX', '{"0penId":"oGZUI', '{"openId":"oGZU\\']) {
      const error = refusal(withFirstBlock(sealed, JSON.stringify(userInfo), first), keys);
      expect(publicAnswer(error)).toBe(LOGIN_AGAIN);
    }
  });
});

describe('the signature', () => {
  const rawData = '{"nickName":"林"}';
  const sealed = sealUnder(currentKey, userInfo);

  test('counts in either case of its digits', () => {
    const signed = sign(rawData, currentKey);
    const upper = { rawData, signature: signed.signature.toUpperCase() };
    expect(openSealedData({ ...sealed, ...signed }, keys, rules).sealedWith).toBe('CURRENT');
    expect(openSealedData({ ...sealed, ...upper }, keys, rules).sealedWith).toBe('CURRENT');
  });

  test('is one under the key that opens the data', () => {
    const old = sealUnder(previousKey, userInfo);
    expect(openSealedData({ ...old, ...sign(rawData, previousKey) }, keys, rules).sealedWith).toBe('PREVIOUS');
    expect(refusal({ ...old, ...sign(rawData, currentKey) }, keys).log).toEqual({
      current: 'padding',
      previous: 'signature',
    });
  });
});
