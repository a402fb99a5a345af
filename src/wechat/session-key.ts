import { createHmac } from 'node:crypto';
import type { App } from '../platforms/platform.js';
import { type CallWechat, WechatCallError } from './app-calls.js';
import { isIdentifier, unusable } from './ask.js';

/** A person of the app, and the session_key that is kept of them. */
export interface KeyHolder {
  readonly openid: string;
  /** Base64, as WeChat gave it. */
  readonly sessionKey: string;
}

/** Whether WeChat still knows this key. @throws what every call throws */
export type CheckSessionKey = (app: App, who: KeyHolder) => Promise<boolean>;

/** The key that WeChat puts in its place; null when it does not know this one. @throws what every call throws */
export type ResetSessionKey = (app: App, who: KeyHolder) => Promise<string | null>;

/** What WeChat answers about a key that it does not have: "not exists or expired", and "invalid signature". */
const UNKNOWN_KEY: readonly number[] = [87007, 87009];

export function createCheckSessionKey(call: CallWechat): CheckSessionKey {
  return async (app, who) => {
    const answer = await knownKey(call(app, { path: '/wxa/checksession', query: signed(who) }));
    return answer !== null;
  };
}

export function createResetSessionKey(call: CallWechat): ResetSessionKey {
  return async (app, who) => {
    const answer = await knownKey(call(app, { path: '/wxa/resetusersessionkey', query: signed(who) }));
    if (answer === null) return null;
    const { openid, session_key: sessionKey } = answer;
    if (openid !== who.openid || !isIdentifier(sessionKey)) throw unusable(app, { kind: 'bad_answer' });
    return sessionKey;
  };
}

function signed({ openid, sessionKey }: KeyHolder) {
  return { openid, signature: signatureBy(sessionKey, ''), sig_method: 'hmac_sha256' };
}

/** The key is the text that WeChat sent, not the bytes it stands for. */
export function signatureBy(sessionKey: string, body: string): string {
  return createHmac('sha256', sessionKey).update(body).digest('hex');
}

async function knownKey<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WechatCallError && UNKNOWN_KEY.includes(error.errcode)) return null;
    throw error;
  }
}
