import { createHmac, randomBytes } from 'node:crypto';
import { lengthPrefixed, sha256Hex } from '../lib/bytes.js';
import type { ServerKey } from '../lib/key-ring.js';

/** What a token looks like: 32 bytes, base64url, behind a prefix that secret scanners can find. */
const SHAPE = /^mj_[A-Za-z0-9_-]{43}$/;

/** A login that can be repeated: who knows all four may ask for its session again. */
export interface LoginName {
  readonly platform: string;
  readonly appid: string;
  readonly code: string;
  readonly requestId: string;
  /** Whom a login by password asked for: the same code by itself is another login. */
  readonly username?: string;
}

export function isToken(text: string): boolean {
  return SHAPE.test(text);
}

/** All that is stored of a token; also the key of its value. */
export function hashToken(token: string): string {
  return sha256Hex(token);
}

export function randomToken(): string {
  return `mj_${randomBytes(32).toString('base64url')}`;
}

/** The same token for the same login and session id, so that a repeat can be answered without storing the token. */
export function deriveToken(key: ServerKey, login: LoginName, sid: string): string {
  const fields = [login.platform, login.appid, login.code, login.requestId, sid];
  return `mj_${createHmac('sha256', key.subkey('token')).update(lengthPrefixed(fields)).digest('base64url')}`;
}

/** Names the login in SQL without telling its code or requestId. */
export function loginKeyOf(login: LoginName): string {
  const { platform, appid, code, requestId, username } = login;
  return sha256Hex(lengthPrefixed([platform, appid, code, requestId, ...(username === undefined ? [] : [username])]));
}
