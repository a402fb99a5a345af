import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { createPhone, type Phone } from './phone.js';

const QUERY = '{ viewer { openid } }';
const alice = { data: { viewer: { openid: 'alice' } } };

function snippetOf(file: string): string {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const [block, ...others] = blocks.filter((each) => each.includes('wx.'));
  if (block === undefined || others.length > 0) throw new Error(`${file} has one block for a phone, not more`);
  return block;
}

function withoutComments(source: string): string {
  return source.replace(/^ *\/\/ .*\n/gm, '').replace(/ \/\/ .*$/gm, '');
}

describe('what the README tells a mini-program developer to copy', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;
  let phone: Phone;

  beforeEach(async () => {
    wechat = await startStandInWechat();
    gateway = await startTestGateway({ wechatApiUrl: wechat.url });
    phone = createPhone(snippetOf('README.md'), gateway.running.app);
  });

  afterEach(async () => {
    await gateway.close();
    await wechat.close();
  });

  test('logs in once for all pages that ask at the same time, and keeps the token', async () => {
    phone.codes.push(codeOf('alice'));
    const answers = await Promise.all([phone.request(QUERY), phone.request(QUERY), phone.request(QUERY)]);
    expect(answers).toEqual([alice, alice, alice]);
    expect(await phone.request(QUERY)).toEqual(alice);
    expect(wechat.calls).toHaveLength(1);
  });

  test('gets the session of a login whose answer was lost', async () => {
    phone.codes.push(codeOf('alice'));
    phone.lostAnswers = 1;
    expect(await phone.request(QUERY)).toEqual(alice);
    expect(wechat.calls).toHaveLength(1);
    expect(gateway.logLines.filter(({ msg }) => msg === 'login').map(({ outcome }) => outcome)).toEqual([
      'new_user',
      'repeat',
    ]);
  });

  test('sends the same login again after SERVICE_UNAVAILABLE, when it was told to', async () => {
    phone.codes.push(codeOf('alice'));
    gateway.sessionFaults.plan('set', 'fail after');
    expect(await phone.request(QUERY)).toEqual(alice);
    expect(phone.waitsMs).toEqual([1000]);
    expect(wechat.calls).toHaveLength(1);
  });

  test('logs in again when its token died, and only then', async () => {
    phone.codes.push(codeOf('alice'), codeOf('alice'));
    await phone.request(QUERY);
    await gateway.logout(phone.storage.get('token') ?? null);
    expect(await phone.request(QUERY)).toEqual(alice);
    expect(wechat.calls).toHaveLength(2);
  });

  test('takes a new code after CODE_INVALID, once', async () => {
    phone.codes.push('bad.1', codeOf('alice'));
    expect(await phone.request(QUERY)).toEqual(alice);

    phone.storage.clear();
    phone.codes.push('bad.2', 'bad.3', codeOf('alice'));
    await expect(phone.request(QUERY)).rejects.toThrow('CODE_INVALID');
  });

  test('is the same in the Chinese README', () => {
    expect(withoutComments(snippetOf('README.zh-CN.md'))).toBe(withoutComments(snippetOf('README.md')));
  });
});
