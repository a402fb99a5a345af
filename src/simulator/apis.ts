import type { AccessTokens } from './access-tokens.js';
import type { Accounts } from './accounts.js';
import type { Api } from './api.js';
import type { ApiPath, EXCHANGE_PATH } from './api-paths.js';
import type { SimulatedApp } from './apps.js';
import type { CodeTable } from './codes.js';
import { createMsgSecCheck } from './msg-sec-check.js';
import { createPhoneNumberApi, type PhoneTap } from './phone-number-api.js';
import type { Recent } from './recent.js';
import { createCheckSession, createResetSessionKey } from './session-key-apis.js';
import { createStableToken } from './stable-token.js';
import { createSubscribeMessage, type SentMessage } from './subscribe-message.js';
import type { Subscriptions } from './subscriptions.js';

export interface ApisDeps {
  readonly apps: readonly SimulatedApp[];
  readonly accounts: Accounts;
  readonly accessTokens: AccessTokens;
  readonly phoneCodes: CodeTable<PhoneTap>;
  readonly subscriptions: Subscriptions;
  readonly messages: Recent<SentMessage>;
  readonly now: () => number;
}

/** All but the exchange, which has a log and an order of its own. */
export type Apis = Readonly<Record<Exclude<ApiPath, typeof EXCHANGE_PATH>, Api>>;

export function createApis(deps: ApisDeps): Apis {
  const { accounts, phoneCodes, now } = deps;
  return {
    '/cgi-bin/stable_token': createStableToken(deps),
    '/wxa/business/getuserphonenumber': createPhoneNumberApi(phoneCodes, now),
    '/wxa/checksession': createCheckSession(accounts),
    '/wxa/resetusersessionkey': createResetSessionKey(accounts),
    '/cgi-bin/message/subscribe/send': createSubscribeMessage(deps),
    '/wxa/msg_sec_check': createMsgSecCheck(accounts, now),
  };
}
