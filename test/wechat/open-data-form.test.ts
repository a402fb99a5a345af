import { describe, expect, test } from '@jest/globals';
import { openSealedData, type SealedData } from '../../src/wechat/open-data.js';
import {
  currentKey,
  FIX_INPUT,
  LOGIN_AGAIN,
  otherKey,
  previousKey,
  publicAnswer,
  refusal,
  rules,
  sealUnder,
  sign,
  userInfo,
} from './open-data-scene.js';

const keys = { current: currentKey, previous: previousKey };

describe('the form of sealed data', () => {
  const good = sealUnder(currentKey, userInfo);
  const signed = sign('{}', currentKey);
  const { encryptedData, iv } = good;
  const full = Buffer.alloc(49_152).toString('base64');
  const urlIv = Buffer.alloc(16, 0xff).toString('base64url');

  const wrong: [title: string, fault: string, change: Partial<SealedData>][] = [
    ['no data', 'length', { encryptedData: '' }],
    ['more than 64 KiB of data', 'length', { encryptedData: Buffer.alloc(49_152 + 16).toString('base64') }],
    ['a space for a plus', 'base64', { encryptedData: `${encryptedData.slice(0, 40)} ${encryptedData.slice(41)}` }],
    ['a line break at the end', 'base64', { encryptedData: `${encryptedData}\n` }],
    ['the URL alphabet', 'base64', { encryptedData: Buffer.alloc(48, 0xff).toString('base64url') }],
    ['no padding', 'base64', { encryptedData: Buffer.alloc(16).toString('base64url') }],
    [
      'stray bits in the last letter',
      'base64',
      { encryptedData: Buffer.alloc(16).toString('base64').replace('A==', 'B==') },
    ],
    ['text behind the padding', 'base64', { encryptedData: `${Buffer.alloc(16).toString('base64')}AAAA` }],
    ['a letter of another alphabet', 'base64', { encryptedData: `${encryptedData.slice(0, -4)}АААА` }],
    ['part of a block', 'blocks', { encryptedData: Buffer.alloc(24).toString('base64') }],
    ['less than a block', 'blocks', { encryptedData: 'AAAA' }],
    ['no iv', 'iv', { iv: '' }],
    ['an iv of 15 bytes', 'iv', { iv: Buffer.alloc(15).toString('base64') }],
    ['an iv of 17 bytes', 'iv', { iv: Buffer.alloc(17).toString('base64') }],
    ['an iv in the URL alphabet', 'iv', { iv: `${urlIv}==` }],
    ['an iv without padding', 'iv', { iv: iv.slice(0, -2) }],
    ['an iv with a space', 'iv', { iv: ` ${iv}` }],
    ['a signature alone', 'signature_alone', { signature: signed.signature }],
    ['raw data alone', 'signature_alone', { rawData: signed.rawData }],
    ['a signature of 39 digits', 'signature_form', { ...signed, signature: signed.signature.slice(1) }],
    ['a signature of 41 digits', 'signature_form', { ...signed, signature: `${signed.signature}0` }],
    ['a signature with a line break', 'signature_form', { ...signed, signature: `${signed.signature}\n` }],
    ['a signature of other letters', 'signature_form', { ...signed, signature: 'g'.repeat(40) }],
    ['no signature', 'signature_form', { ...signed, signature: '' }],
    ['more than 64 KiB of raw data', 'raw_data_length', sign('x'.repeat(65_537), currentKey)],
    ['more than 64 KiB of raw data in UTF-8', 'raw_data_length', sign('林'.repeat(21_846), currentKey)],
  ];

  test.each(wrong)('%s (%s) is told whatever the keys', (_, fault, change) => {
    for (const each of [keys, { current: null, previous: null }, { current: 'no key', previous: otherKey }]) {
      const error = refusal({ ...good, ...change }, each);
      expect(publicAnswer(error)).toBe(FIX_INPUT);
      expect(error.log).toEqual({ input: fault });
    }
  });

  test.each<[title: string, change: Partial<SealedData>]>([
    ['64 KiB of data', { encryptedData: full }],
    ['64 KiB of raw data', sign('x'.repeat(65_536), otherKey)],
    ['empty raw data', sign('', otherKey)],
    ['one block', { encryptedData: Buffer.alloc(16).toString('base64') }],
  ])('%s is none that is wrong', (_, change) => {
    expect(publicAnswer(refusal({ ...good, ...change }, keys))).toBe(LOGIN_AGAIN);
  });

  test('64 KiB of data opens', () => {
    const json = JSON.stringify({ ...userInfo, unknown: '' });
    const long = JSON.stringify({ ...userInfo, unknown: 'x'.repeat(49_151 - Buffer.byteLength(json)) });
    const sealed = sealUnder(currentKey, long);
    expect(sealed.encryptedData).toHaveLength(65_536);
    expect(openSealedData(sealed, keys, rules).data.kind).toBe('WeChatUserInfo');
  });
});
