import { type AppCalls, type AppCallsFor, createAppCalls } from './auth/app-calls.js';
import { chooseApp } from './auth/login-input.js';
import { createSessionKeys } from './auth/session-keys.js';
import type { fetchJson } from './fetch-json.js';
import type { KeyRing } from './lib/key-ring.js';
import { describeCause, type Log } from './observe/log.js';
import type { App } from './platforms/platform.js';
import type { Database } from './sql/database.js';
import { createWechatApi, type WechatApi } from './wechat/index.js';

export const WECHAT_API_URL = 'https://api.weixin.qq.com';

/** WeChat's server APIs for code that runs for nobody: a job, a route of one's own. Whom it is about is named. */
export interface GatewayCalls extends AppCalls {
  /**
   * Whether WeChat still knows the session_key that is kept of a person; null for an openid that has never logged in.
   * @throws AppError as every call; SERVICE_UNAVAILABLE
   */
  checkSessionKey(who: { openid: string; appid?: string | undefined }): Promise<boolean | null>;
  /**
   * Has WeChat replace the session_key, and keeps the new one: for one that may be known to somebody else.
   *
   * @returns false when WeChat does not know the kept one any more, and nothing has happened; null for an openid that has
   *   never logged in.
   * @throws AppError as every call; SERVICE_UNAVAILABLE
   */
  resetSessionKey(who: { openid: string; appid?: string | undefined }): Promise<boolean | null>;
}

export interface ComposedWechat {
  readonly api: WechatApi;
  readonly callsFor: AppCallsFor;
  readonly calls: GatewayCalls;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** Connects what apps ask WeChat for in their own name. */
export function composeWechat(parts: {
  apps: readonly App[];
  /** An http or https origin. */
  apiUrl: string;
  database: Database;
  keys: KeyRing;
  fetchJson: typeof fetchJson | undefined;
  now: () => number;
  log: Log;
}): ComposedWechat {
  const { apps, apiUrl, database, keys, now, log } = parts;
  const api = createWechatApi({
    ...{ apiUrl, database, keys, now, fetchJson: parts.fetchJson },
    onStoreFailure: (error) => log.warn(describeCause(error), 'an access token is kept in this process only'),
    onRenewalFailure: (error) => log.warn(describeCause(error), 'an access token is not renewed yet'),
  });
  const callsFor = createAppCalls({ apps, ...api });
  const sessionKeys = createSessionKeys({ database, keys, ...api });
  return {
    api,
    callsFor,
    close: () => api.accessTokens.close(),
    calls: {
      ...callsFor(() => null),
      checkSessionKey: async ({ openid, appid = null }) => sessionKeys.check(chooseApp(apps, appid), openid),
      resetSessionKey: async ({ openid, appid = null }) => sessionKeys.reset(chooseApp(apps, appid), openid),
    },
  };
}
