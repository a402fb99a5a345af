import { createDecipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../src/errors.js';
import { type OpenDataKeys, type OpenedData, openSealedData, type SealedData } from '../../src/wechat/open-data.js';
import { rounds } from '../support/rounds.js';
import {
  appid,
  currentKey,
  FIX_INPUT,
  LOGIN_AGAIN,
  ofAnyAge,
  openid,
  otherKey,
  phoneNumber,
  previousKey,
  publicAnswer,
  sealUnder,
  sign,
  userInfo,
  vectors,
  watermark,
} from './open-data-scene.js';

const foreign = { ...userInfo, openId: 'oGZUI0egBJY1zhBYw2KhdUfwVJJF' };
const ofAnotherApp = { ...phoneNumber, watermark: watermark({ appid: 'wxffffffffffffffff' }) };
const payloads = [userInfo, phoneNumber, { openGId: 'tGroup', watermark: watermark() }, foreign, ofAnotherApp];

interface Case {
  sealed: SealedData;
  keys: OpenDataKeys;
}

const sealings = fc
  .record({
    payload: fc.oneof({ weight: 3, arbitrary: fc.constant(userInfo) }, fc.constantFrom<object>(...payloads)),
    sealedWith: fc.constantFrom('current', 'previous'),
    isSigned: fc.boolean(),
  })
  .map(({ payload, sealedWith, isSigned }): Case => {
    const key = sealedWith === 'current' ? currentKey : previousKey;
    const sealed = { ...sealUnder(key, payload), ...(isSigned && sign('{}', key)) };
    return { sealed, keys: { current: currentKey, previous: previousKey } };
  });

type Place = 'iv' | 'encryptedData' | 'current' | 'previous';

interface Mutation {
  place: Place;
  what: 'byte' | 'character';
  at: number;
  by: number;
  character: string;
}

const mutations = fc.record<Mutation>({
  place: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Place>('iv') },
    fc.constantFrom<Place>('encryptedData', 'current', 'previous'),
  ),
  what: fc.constantFrom('byte', 'character'),
  at: fc.nat(),
  by: fc.integer({ min: 1, max: 255 }),
  character: fc.oneof(
    fc.constantFrom(...'ABQgwxyz059+/=-_ \n'),
    fc.constant(''),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

function mutated({ sealed, keys }: Case, { place, ...mutation }: Mutation): Case {
  if (place === 'iv' || place === 'encryptedData') {
    return { sealed: { ...sealed, [place]: mutatedText(sealed[place], mutation) }, keys };
  }
  return { sealed, keys: { ...keys, [place]: mutatedText(keys[place] ?? '', mutation) } };
}

function mutatedText(text: string, { what, at, by, character }: Omit<Mutation, 'place'>): string {
  if (what === 'character') {
    const index = at % text.length;
    return text.slice(0, index) + character + text.slice(index + 1);
  }
  const bytes = Buffer.from(text, 'base64');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ by;
  return bytes.toString('base64');
}

function answer({ sealed, keys }: Case): OpenedData | AppError {
  try {
    return openSealedData(sealed, keys, ofAnyAge);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const STRICT_BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)$(?!\n)/;

function isOfTheForm({ encryptedData, iv }: SealedData): boolean {
  const isBase64 = STRICT_BASE64.test(encryptedData) && STRICT_BASE64.test(iv);
  const [dataBytes, ivBytes] = [encryptedData, iv].map((text) => (text.replaceAll('=', '').length * 3) >> 2);
  return isBase64 && (dataBytes ?? 0) % 16 === 0 && ivBytes === 16;
}

/** What the data says of whom it is about, read without any of the code under test. */
function readWithNode({ sealed, keys }: Case, { sealedWith }: OpenedData): Record<string, unknown> {
  const key = Buffer.from((sealedWith === 'CURRENT' ? keys.current : keys.previous) ?? '', 'base64');
  const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(sealed.iv, 'base64'));
  const bytes = Buffer.concat([decipher.update(sealed.encryptedData, 'base64'), decipher.final()]);
  return JSON.parse(bytes.toString('utf8'));
}

function checkAnswer(tried: Case): void {
  const answered = answer(tried);
  if (answered instanceof AppError) {
    expect(publicAnswer(answered)).toBe(isOfTheForm(tried.sealed) ? LOGIN_AGAIN : FIX_INPUT);
    return;
  }
  expect(isOfTheForm(tried.sealed)).toBe(true);
  const payload = readWithNode(tried, answered);
  expect(payload.watermark).toMatchObject({ appid });
  const told = Object.entries(payload).filter(([name]) => name.toLowerCase() === 'openid');
  for (const [, value] of told) expect(value).toBe(openid);
  if (payload.nickName !== undefined) expect(told).not.toEqual([]);
  expect(JSON.stringify(payload)).not.toMatch(/oGZUI0egBJY1zhBYw2KhdUfwVJJF|wxffffffffffffffff/);
  const { data } = answered;
  expect(data.kind === 'WeChatUserInfo' ? data.openId : openid).toBe(openid);
}

describe('data that was changed on its way', () => {
  test('is never about somebody else or of another app, and its refusal is one of two answers', () => {
    fc.assert(
      fc.property(sealings, mutations, (sealing, mutation) => checkAnswer(mutated(sealing, mutation))),
      { numRuns: rounds(300, 7_000) },
    );
  });

  test('is neither when more than one place was changed', () => {
    fc.assert(
      fc.property(sealings, fc.array(mutations, { minLength: 2, maxLength: 4 }), (sealing, several) =>
        checkAnswer(several.reduce(mutated, sealing)),
      ),
      { numRuns: rounds(100, 3_000) },
    );
  });

  test('is neither whichever bit of the iv was changed, of user info that is in order and of foreign data', () => {
    for (const payload of payloads) {
      for (let bit = 0; bit < 128; bit += 1) {
        const iv = mutatedText(vectors.made.iv, { what: 'byte', at: bit >> 3, by: 1 << (bit & 7), character: '' });
        const sealed = { ...sealUnder(currentKey, payload), iv };
        checkAnswer({ sealed, keys: { current: currentKey, previous: otherKey } });
      }
    }
  });
});

describe('the form', () => {
  const characters = fc.constantFrom(...'ABQgwz09+/=-_ \n');
  const texts = fc.oneof(
    fc.string({ unit: characters, maxLength: 70 }),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.integer({ min: 0, max: 3 }).map((blocks) => Buffer.alloc(blocks * 16, 7).toString('base64')),
    fc.constant(vectors.made.iv),
  );

  test('is refused exactly when it is wrong, whatever the keys', () => {
    const keys = fc.option(fc.oneof(fc.constant(currentKey), fc.string()), { nil: null });
    fc.assert(
      fc.property(texts, texts, keys, keys, (encryptedData, iv, current, previous) => {
        const sealed = { encryptedData, iv, rawData: null, signature: null };
        const answered = answer({ sealed, keys: { current, previous } });
        const expected = isOfTheForm(sealed) ? LOGIN_AGAIN : FIX_INPUT;
        expect(answered instanceof AppError ? publicAnswer(answered) : 'opened').toBe(expected);
      }),
      { numRuns: rounds(300, 10_000) },
    );
  });
});
