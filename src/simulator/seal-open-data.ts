import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { Account } from './accounts.js';
import { SimulatorMisuse } from './misuse.js';
import { type OpenDataKind, openDataPayloads } from './open-data-payloads.js';
import { type Fields, isObject } from './wechat-request.js';

/** What a phone hands over to the mini-program. */
export interface SealedOpenData {
  /** AES-128-CBC under the person's session_key, in base64; so is `iv`. */
  readonly encryptedData: string;
  readonly iv: string;
  /** With `userInfo`: what of it is no secret, as JSON. */
  readonly rawData?: string;
  /** With `userInfo`: SHA-1 of `rawData` and the session_key, in hexadecimal. */
  readonly signature?: string;
}

/** @param timestamp of the watermark, in seconds */
export function sealOpenData(
  account: Account,
  appid: string,
  payload: OpenDataKind | Fields,
  timestamp: number,
): SealedOpenData {
  const fields: Fields = typeof payload === 'string' ? openDataPayloads[payload](account, timestamp) : payload;
  const sealed = seal(JSON.stringify({ ...fields, watermark: fields.watermark ?? { timestamp, appid } }), account);
  if (payload !== 'userInfo') return sealed;
  const { openId: _openId, unionId: _unionId, ...open } = fields;
  const rawData = JSON.stringify(open);
  return { ...sealed, rawData, signature: createHash('sha1').update(`${rawData}${account.sessionKey}`).digest('hex') };
}

/** @throws SimulatorMisuse with the payloads there are, when this is none of them */
export function checkPayload(payload: unknown): OpenDataKind | Fields {
  if (isObject(payload)) return payload;
  if (typeof payload === 'string' && Object.hasOwn(openDataPayloads, payload)) return payload as OpenDataKind;
  const kinds = Object.keys(openDataPayloads).join(', ');
  throw new SimulatorMisuse(`There is no such payload. There are: ${kinds}, and objects of one's own.`);
}

function seal(text: string, { sessionKey }: Account): { encryptedData: string; iv: string } {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(sessionKey, 'base64'), iv);
  const encryptedData = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { encryptedData: encryptedData.toString('base64'), iv: iv.toString('base64') };
}
