import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../../src/errors.js';
import { type OpenDataKeys, type OpenDataRules, openSealedData, type SealedData } from '../../src/wechat/open-data.js';

interface Vectors {
  opens: {
    official: {
      appid: string;
      openid: string;
      sessionKey: string;
      iv: string;
      encryptedData: string;
      plaintext: string;
    };
  };
  mustFail: {
    prefixed: { sessionKey: string; iv: string; encryptedData: string };
    otherIv: { iv: string };
    keyAsNumber: { sessionKey: string };
    ivAsNumber: { iv: string };
    shortIv: { iv: string };
  };
  signatures: { source: string; rawData: string; sessionKey: string; signature: string }[];
  made: { appid: string; sessionKey: string; iv: string } & Record<
    'phone' | 'werun' | 'share' | 'groupEnter' | 'wrongAppid',
    { encryptedData: string; plaintext: string }
  >;
}

/** Public facts; each names its source. */
export const vectors: Vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));

export const { appid, openid } = vectors.opens.official;
export const now = Date.parse('2026-11-22T12:00:00Z');
export const currentKey = Buffer.alloc(16, 'current').toString('base64');
export const previousKey = Buffer.alloc(16, 'previous').toString('base64');
export const otherKey = Buffer.alloc(16, 'other').toString('base64');

/** A viewer's, with the check of the age that is on by default. */
export const rules: OpenDataRules = { appid, openid, now, maxAgeMs: 300_000 };
export const ofAnyAge: OpenDataRules = { ...rules, maxAgeMs: null };

export function watermark(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { timestamp: now / 1000, appid, ...fields };
}

export const userInfo = {
  openId: openid,
  nickName: '林 Band',
  gender: 1,
  language: 'zh_CN',
  city: 'Guangzhou',
  province: 'Guangdong',
  country: 'CN',
  avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/132',
  unionId: 'ocMvos6NjeKLIBqg5Mr9QjxrP1FA',
  watermark: watermark(),
};
export const phoneNumber = {
  phoneNumber: '13800138000',
  purePhoneNumber: '13800138000',
  countryCode: '86',
  watermark: watermark(),
};

/** WeChat's side. Bytes go in as they are, text as UTF-8, anything else as its JSON. */
export function sealUnder(
  sessionKey: string,
  payload: unknown,
  { iv = vectors.made.iv, padded = true }: { iv?: string; padded?: boolean } = {},
): SealedData {
  const plaintext = payload instanceof Uint8Array ? payload : Buffer.from(textOf(payload), 'utf8');
  const key = Buffer.from(sessionKey, 'base64');
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.from(iv, 'base64')).setAutoPadding(padded);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { encryptedData: ciphertext.toString('base64'), iv, rawData: null, signature: null };
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

export function sign(rawData: string, sessionKey: string): { rawData: string; signature: string } {
  return {
    rawData,
    signature: createHash('sha1')
      .update(rawData + sessionKey)
      .digest('hex'),
  };
}

/** Fails when the data is opened. */
export function refusal(sealed: SealedData, keys: OpenDataKeys, withRules: OpenDataRules = rules): AppError {
  try {
    openSealedData(sealed, keys, withRules);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the data was opened');
}

/** All that a client learns, as one text. */
export function publicAnswer({ code, message, extensions }: AppError): string {
  return JSON.stringify({ code, message, extensions });
}

function onlyAnswer(action: string): string {
  const code = 'OPEN_DATA_REFUSED';
  const message = 'The data could not be opened, or is not about this viewer.';
  return JSON.stringify({ code, message, extensions: { code, action, http: { status: 200 } } });
}

export const LOGIN_AGAIN = onlyAnswer('LOGIN_AGAIN');
export const FIX_INPUT = onlyAnswer('FIX_INPUT');
