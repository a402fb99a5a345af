import { describe, expect, test } from '@jest/globals';
import { type OpenData, openSealedData } from '../../src/wechat/open-data.js';
import { currentKey, openid, phoneNumber, refusal, rules, sealUnder, userInfo, watermark } from './open-data-scene.js';

const keys = { current: currentKey, previous: null };
const seconds = rules.now / 1000;

function opened(payload: unknown): OpenData {
  return openSealedData(sealUnder(currentKey, payload), keys, rules).data;
}

function marked(fields: Record<string, unknown>): Record<string, unknown> {
  return { ...fields, watermark: watermark() };
}

describe('a payload of a known kind', () => {
  const { watermark: _, ...profile } = userInfo;
  const known: [title: string, payload: Record<string, unknown>, data: OpenData][] = [
    ['user info', userInfo, { kind: 'WeChatUserInfo', ...profile }],
    [
      'user info as WeChat gives it since 2022',
      marked({
        openId: openid,
        nickName: '微信用户',
        gender: 0,
        language: '',
        city: '',
        province: '',
        country: '',
        avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/132',
        is_demote: true,
      }),
      {
        kind: 'WeChatUserInfo',
        openId: openid,
        unionId: null,
        nickName: '微信用户',
        gender: 0,
        language: '',
        city: '',
        province: '',
        country: '',
        avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/132',
      },
    ],
    [
      'user info with the least there can be',
      marked({ openId: openid, nickName: '', unionId: '', gender: null }),
      {
        kind: 'WeChatUserInfo',
        openId: openid,
        unionId: null,
        nickName: '',
        gender: null,
        language: null,
        city: null,
        province: null,
        country: null,
        avatarUrl: null,
      },
    ],
    [
      'a phone number of mainland China',
      phoneNumber,
      { kind: 'WeChatPhoneNumber', phoneNumber: '13800138000', purePhoneNumber: '13800138000', countryCode: '86' },
    ],
    [
      'a foreign phone number, its country code a number',
      marked({ phoneNumber: '+852-51234567', purePhoneNumber: '51234567', countryCode: 852 }),
      { kind: 'WeChatPhoneNumber', phoneNumber: '+852-51234567', purePhoneNumber: '51234567', countryCode: '852' },
    ],
    [
      'steps',
      marked({
        stepInfoList: [
          { timestamp: seconds - 86_400, step: 0 },
          { timestamp: 2 ** 31, step: 12_345, other: 1 },
        ],
      }),
      {
        kind: 'WeChatRunData',
        stepInfoList: [
          { timestamp: seconds - 86_400, step: 0 },
          { timestamp: 2 ** 31, step: 12_345 },
        ],
      },
    ],
    ['no steps', marked({ stepInfoList: [] }), { kind: 'WeChatRunData', stepInfoList: [] }],
    ['share info', marked({ openGId: 'tGroup' }), { kind: 'WeChatShareInfo', openGId: 'tGroup' }],
    [
      'group info of old',
      marked({ opengid: 'tGroup' }),
      {
        kind: 'WeChatGroupEnterInfo',
        opengid: 'tGroup',
        open_single_roomid: null,
        group_openid: null,
        chat_type: null,
      },
    ],
    [
      'group info of a chat of two',
      marked({ opengid: '', open_single_roomid: 'tRoom', group_openid: 'tMember', chat_type: 1 }),
      {
        kind: 'WeChatGroupEnterInfo',
        opengid: null,
        open_single_roomid: 'tRoom',
        group_openid: 'tMember',
        chat_type: 1,
      },
    ],
  ];

  test.each(known)('is told with its fields: %s', (_, payload, data) => {
    expect(opened(payload)).toEqual(data);
  });
});

describe('a payload of no known kind, or with a field of another type or range', () => {
  const unknown: [title: string, payload: Record<string, unknown>][] = [
    ['nothing but a watermark', marked({})],
    ['other fields', marked({ couponId: 'a', amount: 1.5, nested: [{ a: null }] })],
    ['the viewer and nothing else', marked({ openId: openid })],
    ['a nickname of another type', { ...userInfo, nickName: 1 }],
    ['no nickname', { ...userInfo, nickName: undefined }],
    ['a unionId of another type', { ...userInfo, unionId: 1 }],
    ['a city of another type', { ...userInfo, city: {} }],
    ['a picture of another type', { ...userInfo, avatarUrl: ['https://a'] }],
    ['a gender of 3', { ...userInfo, gender: 3 }],
    ['a gender of -1', { ...userInfo, gender: -1 }],
    ['a gender of 0.5', { ...userInfo, gender: 0.5 }],
    ['a gender that is text', { ...userInfo, gender: '1' }],
    ['an openid where openId belongs', { ...userInfo, openId: undefined, openid }],
    ['a phone number that is a number', { ...phoneNumber, phoneNumber: 13_800_138_000 }],
    ['a phone number with letters', { ...phoneNumber, phoneNumber: '1380x', purePhoneNumber: '1380x' }],
    ['an empty phone number', { ...phoneNumber, phoneNumber: '', purePhoneNumber: '' }],
    ['a phone number of many digits', { ...phoneNumber, phoneNumber: '1'.repeat(34), purePhoneNumber: '1'.repeat(34) }],
    ['no pure phone number', { ...phoneNumber, purePhoneNumber: undefined }],
    ['no phone number but a pure one', { ...phoneNumber, phoneNumber: undefined }],
    ['no country code', { ...phoneNumber, countryCode: undefined }],
    ['a country code of another type', { ...phoneNumber, countryCode: ['86'] }],
    ['a negative country code', { ...phoneNumber, countryCode: -86 }],
    ['a country code with a fraction', { ...phoneNumber, countryCode: 8.6 }],
    ['a phone number that begins like share info', marked({ openGId: '1', purePhoneNumber: '1', countryCode: '86' })],
    ['two phone numbers that are not one', { ...phoneNumber, phoneNumber: '13800138001' }],
    ['steps that are no list', marked({ stepInfoList: { length: 0 } })],
    ['a step that is no object', marked({ stepInfoList: [{ timestamp: seconds, step: 1 }, null] })],
    ['a step that is a list', marked({ stepInfoList: [[seconds, 1]] })],
    ['a step without a time', marked({ stepInfoList: [{ step: 1 }] })],
    ['a step without a count', marked({ stepInfoList: [{ timestamp: seconds }] })],
    ['a time that is not exact', marked({ stepInfoList: [{ timestamp: 2 ** 53, step: 1 }] })],
    ['a negative time', marked({ stepInfoList: [{ timestamp: -1, step: 1 }] })],
    ['more steps than an Int holds', marked({ stepInfoList: [{ timestamp: seconds, step: 2 ** 31 }] })],
    ['an openGId of another type', marked({ openGId: 1 })],
    ['an empty openGId', marked({ openGId: '' })],
    ['an opengid of another type', marked({ opengid: 1 })],
    ['a chat_type that is text', marked({ opengid: 'tGroup', chat_type: '1' })],
    ['a chat_type that no Int holds', marked({ opengid: 'tGroup', chat_type: 2 ** 31 })],
    ['a chat_type with a fraction', marked({ opengid: 'tGroup', chat_type: 1.5 })],
  ];

  test.each(unknown)('is told as the text it is: %s', (_, payload) => {
    expect(opened(payload)).toEqual({ kind: 'UnknownOpenData', json: JSON.stringify(payload) });
  });

  test('is told to the letter', () => {
    const json = ` {"a" : 1e2, "b":"\\u6797",\n"watermark":${JSON.stringify(watermark())}}  `;
    expect(opened(json)).toEqual({ kind: 'UnknownOpenData', json });
  });

  test('is no known kind by what only its prototype has', () => {
    const mark = JSON.stringify(watermark());
    const json = `{"__proto__":{"openGId":"tGroup","polluted":true},"watermark":${mark}}`;
    expect(opened(json)).toEqual({ kind: 'UnknownOpenData', json });
    const shared = `{"openGId":"tGroup","__proto__":{"polluted":true},"watermark":${mark}}`;
    const data = opened(shared);
    expect(data).toEqual({ kind: 'WeChatShareInfo', openGId: 'tGroup' });
    expect('polluted' in data || 'polluted' in {}).toBe(false);
  });

  test('is read by its own fields, not by what every object has', () => {
    const everyObject = { openGId: 'tEverybody', nickName: 'Everybody', watermark: watermark() };
    for (const [name, value] of Object.entries(everyObject)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true });
    }
    try {
      expect(opened(phoneNumber).kind).toBe('WeChatPhoneNumber');
      expect(opened(marked({ a: 1 })).kind).toBe('UnknownOpenData');
      expect(refusal(sealUnder(currentKey, { a: 1 }), keys).log).toMatchObject({ current: 'watermark' });
    } finally {
      for (const name of Object.keys(everyObject)) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});
