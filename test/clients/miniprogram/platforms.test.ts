import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WxLike } from '../../../clients/miniprogram/src/api.js';
import { createClient } from '../../../clients/miniprogram/src/create-client.js';
import { fromTaro, fromUni, fromWx } from '../../../clients/miniprogram/src/platforms.js';
import { createPhone, type Phone } from './phone.js';
import { codeOfFailure, openPhoneScene, type PhoneScene } from './scene.js';

let scene: PhoneScene;

beforeAll(async () => {
  scene = await openPhoneScene();
});

afterAll(() => scene?.close());

/** Functions that also return a promise, which is rejected as well. */
function promising(phone: Phone): WxLike {
  type Callbacks = Record<'success' | 'fail', (value: unknown) => void>;
  const functions = Object.entries(phone.wx).map(([name, work]) => [
    name,
    (options: Callbacks) =>
      new Promise((resolve, reject) => {
        const success = (result: unknown) => {
          options.success(result);
          resolve(result);
        };
        const fail = (error: unknown) => {
          options.fail(error);
          reject(error);
        };
        (work as (options: Callbacks) => void)({ ...options, success, fail });
      }),
  ]);
  return Object.fromEntries(functions) as WxLike;
}

describe('a client', () => {
  test('runs on Taro, whose promises fail beside the callbacks', async () => {
    const phone = createPhone(() => scene.simulator.code('alice'));
    const client = createClient({ url: scene.url, platform: fromTaro(promising(phone)) });
    await client.viewer();
    // An unhandled rejection would end the test run.
    phone.plan('request', { errMsg: 'request:fail abort' });
    expect(await codeOfFailure(client.viewer())).toBe('NETWORK_ERROR');
    expect(phone.logins).toBe(1);
  });

  test('asks uni-app for a code of WeChat', async () => {
    const phone = createPhone(() => scene.simulator.code('alice'));
    const asked: unknown[] = [];
    const { login } = phone.wx;
    phone.wx.login = (options) => {
      asked.push(options);
      return login(options);
    };
    await createClient({ url: scene.url, platform: fromUni(phone.wx) }).viewer();
    expect(asked).toEqual([expect.objectContaining({ provider: 'weixin', timeout: 10_000 })]);
  });

  test('takes answers that the platform has parsed', async () => {
    const phone = createPhone(() => scene.simulator.code('alice'));
    const { request } = phone.wx;
    phone.wx.request = (options) =>
      request({
        ...options,
        success: (result) => options.success({ ...result, data: JSON.parse(String(result.data)) }),
      });
    const viewer = await createClient({ url: scene.url, platform: fromWx(phone.wx) }).viewer();
    expect(viewer.platform).toBe('WECHAT');
  });

  test('names the app', async () => {
    const { phone, client } = scene.pickUp('alice', { appid: 'wxother0000000000' });
    expect(await codeOfFailure(client.viewer())).toBe('UNKNOWN_APP');
    expect(phone.ofKind('login')).toMatchObject([{ variables: { input: { appid: 'wxother0000000000' } } }]);
  });

  test.each([
    ['url', { url: 'auth.example.com/graphql' }],
    ['url', { url: 'https://auth.example.com' }],
    ['url', { url: undefined }],
    ['platform', { platform: undefined }],
    ['storage', { storage: 'encrypt' }],
  ])('is not made of a wrong %s: %p', (name, wrong) => {
    const phone = createPhone(() => '');
    const options = { url: scene.url, platform: fromWx(phone.wx), ...wrong } as Parameters<typeof createClient>[0];
    expect(() => createClient(options)).toThrow(TypeError);
    expect(() => createClient(options)).toThrow(new RegExp(`^${name}: `));
  });
});

describe('a document', () => {
  const text = 'query ($yes: Boolean!) { viewer { openid @include(if: $yes) appid } }';

  class TypedDocumentString extends String {
    override toString(): string {
      return text;
    }
  }

  test.each([
    ['a text', text],
    ['one of codegen', new TypedDocumentString(text)],
    ['a tree of gql', { kind: 'Document', definitions: [], loc: { source: { body: text } } }],
  ])('may be %s', async (_, document) => {
    const { phone, client } = scene.pickUp();
    const answer = await client.request(document as string, { yes: false });
    expect(answer).toEqual({ viewer: { appid: expect.any(String) } });
    expect(phone.ofKind('request')).toMatchObject([{ query: text, variables: { yes: false } }]);
  });

  test('that is a tree without its text is refused with what to do', async () => {
    const { client } = scene.pickUp();
    const tree = { kind: 'Document', definitions: [] };
    await expect(client.request(tree as unknown as string)).rejects.toThrow(/documentMode: string/);
  });
});
