import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.js';
import { fromBase64 } from '../lib/base64.js';
import { decodeUtf8, decrypt, unpad } from './open-data-cipher.js';
import { isJsonObject, type JsonObject, ownValue } from './open-data-fields.js';
import { parseSealedData, type SealedBytes, type SealedData } from './open-data-form.js';
import { type OpenData, recognizeOpenData } from './open-data-kinds.js';

export type { SealedData } from './open-data-form.js';
export type { OpenData } from './open-data-kinds.js';

const KEY_BYTES = 16;

/** session_keys in base64, as WeChat gave them. Null: there is none, or it cannot be read. */
export interface OpenDataKeys {
  readonly current: string | null;
  readonly previous: string | null;
}

export interface OpenDataRules {
  readonly appid: string;
  /** The viewer's, from the exchange. */
  readonly openid: string;
  /** In ms. */
  readonly now: number;
  /** How far the watermark's time may be from now, either way. Null: as far as it likes. */
  readonly maxAgeMs: number | null;
}

export interface OpenedData {
  readonly data: OpenData;
  readonly sealedWith: 'CURRENT' | 'PREVIOUS';
}

/** Why a key did not open the data, in the order in which they are looked for. */
type KeyFault = 'no_key' | 'key' | 'padding' | 'utf8' | 'json' | 'watermark' | 'appid' | 'openid' | 'age' | 'signature';

interface Attempt {
  readonly data: OpenData;
  /** The first one. Null: the data was opened. */
  readonly fault: KeyFault | null;
}

/**
 * Opens data that WeChat sealed under a session_key of the viewer (AES-128-CBC, PKCS#7, no authentication). The answer
 * must not help to find out what is in it: each key goes the whole way whatever came before, and a refusal tells no cause.
 *
 * @throws AppError OPEN_DATA_REFUSED: `action` FIX_INPUT when the form is wrong whatever the keys, else LOGIN_AGAIN. The
 *   causes are in its `log`.
 */
export function openSealedData(sealed: SealedData, keys: OpenDataKeys, rules: OpenDataRules): OpenedData {
  const parsed = parseSealedData(sealed);
  if (typeof parsed === 'string') {
    const detail = 'The sealed data is not of the required form.';
    throw new AppError('OPEN_DATA_REFUSED', { action: 'FIX_INPUT', detail, log: { input: parsed } });
  }
  const current = tryKey(parsed, keys.current, rules);
  const previous = tryKey(parsed, keys.previous, rules);
  if (current.fault === null) return { data: current.data, sealedWith: 'CURRENT' };
  if (previous.fault === null) return { data: previous.data, sealedWith: 'PREVIOUS' };
  const detail = 'Neither session_key opens the sealed data.';
  const log = { current: current.fault, previous: previous.fault };
  throw new AppError('OPEN_DATA_REFUSED', { action: 'LOGIN_AGAIN', detail, log });
}

function tryKey({ ciphertext, iv, signed }: SealedBytes, sessionKey: string | null, rules: OpenDataRules): Attempt {
  const ownKey = parseSessionKey(sessionKey);
  // Opens nothing, and makes the work the same.
  const key = ownKey ?? randomBytes(KEY_BYTES);
  const { bytes, isPadded } = unpad(decrypt(ciphertext, key, iv));
  const text = decodeUtf8(bytes);
  const json = text ?? bytes.toString('latin1');
  const payload = parseJsonObject(json);
  const { data, needsOpenId, ages } = recognizeOpenData(payload ?? {}, json);
  const watermark = readWatermark(payload ?? {});

  const faults: Readonly<Record<KeyFault, boolean>> = {
    no_key: sessionKey === null,
    key: ownKey === null,
    padding: !isPadded,
    utf8: text === null,
    json: payload === null,
    watermark: watermark === null,
    appid: watermark?.appid !== rules.appid,
    openid: !isAbout(rules.openid, payload ?? {}, needsOpenId),
    age: ages && !isFresh(watermark?.timestamp ?? 0, rules),
    signature: signed !== null && !timingSafeEqual(signatureOf(signed.rawData, key), signed.signature),
  };
  const names = Object.keys(faults) as KeyFault[];
  return { data, fault: names.find((name) => faults[name]) ?? null };
}

function parseSessionKey(sessionKey: string | null): Buffer | null {
  const key = fromBase64(sessionKey ?? '');
  return key?.length === KEY_BYTES ? key : null;
}

function parseJsonObject(json: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** `timestamp` in seconds since 1970. */
function readWatermark(payload: JsonObject): { appid: string; timestamp: number } | null {
  const watermark = ownValue(payload, 'watermark');
  if (!isJsonObject(watermark)) return null;
  const appid = ownValue(watermark, 'appid');
  const timestamp = ownValue(watermark, 'timestamp');
  if (typeof appid !== 'string' || typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) return null;
  return { appid, timestamp };
}

/** Whatever the case of the field's name: a rewritten first block must not hide it. */
function isAbout(openid: string, payload: JsonObject, needsOpenId: boolean): boolean {
  const names = Object.keys(payload).filter((name) => name.toLowerCase() === 'openid');
  return names.every((name) => payload[name] === openid) && (names.length > 0 || !needsOpenId);
}

function isFresh(timestampSeconds: number, { now, maxAgeMs }: OpenDataRules): boolean {
  return maxAgeMs === null || Math.abs(now - timestampSeconds * 1000) <= maxAgeMs;
}

/** WeChat appends the session_key as it sent it, in base64. */
function signatureOf(rawData: string, key: Buffer): Buffer {
  return createHash('sha1')
    .update(rawData + key.toString('base64'), 'utf8')
    .digest();
}
