import type { App } from '../platforms/platform.js';
import { type CallWechat, WechatCallError } from './app-calls.js';
import { unusable } from './ask.js';

export interface PhoneNumber {
  /** `+8613800138000` */
  readonly e164: string;
}

/**
 * Trades the code of a button with open-type getPhoneNumber for the number: E.164. A code is good once, for five minutes.
 *
 * @throws WechatCallError CODE_INVALID, and what every call throws
 */
export type AskPhoneNumber = (app: App, input: { code: string; openid: string }) => Promise<string>;

export function createAskPhoneNumber(call: CallWechat): AskPhoneNumber {
  return async (app, { code, openid }) => {
    const path = '/wxa/business/getuserphonenumber';
    const fields = await call(app, { path, body: { code, openid } }).catch(rethrown);
    const number = readNumber(app, fields.phone_info);
    if (number === null) throw unusable(app, { kind: 'bad_answer' });
    return number;
  };
}

/** What WeChat answers of a code that gives no number; 40013 of one that another app's button gave. */
const BAD_CODES: readonly number[] = [40029, 40163, 40013];

function rethrown(error: unknown): never {
  if (!(error instanceof WechatCallError) || !BAD_CODES.includes(error.errcode)) throw error;
  const { detail = '', log, errcode } = error;
  const message = 'The code of the phone number is invalid or was used before. The person has to tap the button again.';
  const reason = errcode === 40163 ? 'USED' : 'INVALID';
  throw new WechatCallError('CODE_INVALID', { message, reason, detail, log }, error);
}

function readNumber(app: App, phoneInfo: unknown): string | null {
  const { purePhoneNumber, countryCode, watermark } = fieldsOf(phoneInfo);
  if (fieldsOf(watermark).appid !== app.appid || typeof purePhoneNumber !== 'string') return null;
  // WeChat's own pages show both.
  if (typeof countryCode !== 'string' && typeof countryCode !== 'number') return null;
  return toE164({ purePhoneNumber, countryCode: String(countryCode) });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const MAX_DIGITS = 15;

/** null for what is no number. */
export function toE164({
  purePhoneNumber,
  countryCode,
}: {
  purePhoneNumber: string;
  countryCode: string;
}): string | null {
  if (!/^[1-9]\d{0,2}$/.test(countryCode) || !/^\d{4,14}$/.test(purePhoneNumber)) return null;
  if (countryCode === '86' && purePhoneNumber.length !== 11) return null;
  const digits = `${countryCode}${purePhoneNumber}`;
  return digits.length <= MAX_DIGITS ? `+${digits}` : null;
}
