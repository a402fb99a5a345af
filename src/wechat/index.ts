import type { KeyRing } from '../lib/key-ring.js';
import type { Database } from '../sql/database.js';
import { type AccessTokens, createAccessTokens } from './access-token.js';
import { type CallWechat, createCallWechat } from './app-calls.js';
import { createAskWechat, type FetchJson } from './ask.js';
import { createMsgSecCheck, type MsgSecCheck } from './msg-sec-check.js';
import { type AskPhoneNumber, createAskPhoneNumber } from './phone-number.js';
import {
  type CheckSessionKey,
  createCheckSessionKey,
  createResetSessionKey,
  type ResetSessionKey,
} from './session-key.js';
import { createSendSubscribeMessage, type SendSubscribeMessage } from './subscribe-message.js';

/** What apps ask WeChat for in their own name. */
export interface WechatApi {
  readonly call: CallWechat;
  readonly askPhoneNumber: AskPhoneNumber;
  readonly checkSessionKey: CheckSessionKey;
  readonly resetSessionKey: ResetSessionKey;
  readonly sendSubscribeMessage: SendSubscribeMessage;
  readonly msgSecCheck: MsgSecCheck;
  readonly accessTokens: AccessTokens;
}

export interface WechatApiParts {
  /** An http or https origin, such as `https://api.weixin.qq.com`. */
  readonly apiUrl: string;
  /** @default over HTTP */
  readonly fetchJson?: FetchJson | undefined;
  readonly database: Database;
  readonly keys: KeyRing;
  /** The clock on the wall, in ms. */
  readonly now: () => number;
  /** The access tokens that all processes share could not be read or written: this process goes on by itself. */
  readonly onStoreFailure: (error: unknown) => void;
  /** An access token could not be renewed before its time. It is good for a while yet, and tried again. */
  readonly onRenewalFailure?: ((error: unknown) => void) | undefined;
}

/** @throws TypeError when `apiUrl` is not an origin. */
export function createWechatApi(parts: WechatApiParts): WechatApi {
  const ask = createAskWechat(parts);
  const accessTokens = createAccessTokens({ ...parts, ask });
  const call = createCallWechat({ ask, accessTokens });
  return {
    call,
    accessTokens,
    askPhoneNumber: createAskPhoneNumber(call),
    checkSessionKey: createCheckSessionKey(call),
    resetSessionKey: createResetSessionKey(call),
    sendSubscribeMessage: createSendSubscribeMessage(call),
    msgSecCheck: createMsgSecCheck(call),
  };
}
