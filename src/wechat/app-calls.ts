import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { AccessTokens } from './access-token.js';
import { type AskWechat, refusalOptions, type WechatRefusal } from './ask.js';
import { callErrcodeRow, isTokenRefusal } from './call-errcodes.js';

export interface WechatCall {
  /** As in WeChat's documents, like `/wxa/business/getuserphonenumber`, without a query. */
  readonly path: string;
  /** Without the access_token. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON, by POST. Without it the call is a GET. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** Over the token, the call and its repetition. @default 5000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Asks WeChat in an app's name. Sent once; a second time only when WeChat refused the access token, which it says before it
 * does anything.
 *
 * @returns the fields of the answer, when its errcode is 0 or absent
 * @throws WechatCallError for any other errcode; AppError PLATFORM_UNAVAILABLE when there is no usable answer, no token, or
 *   too many calls are under way; RATE_LIMITED or INTERNAL_SERVER_ERROR (`alarm`) when WeChat refuses a token;
 *   TypeError for a call that is none.
 */
export type CallWechat = (app: App, call: WechatCall) => Promise<Readonly<Record<string, unknown>>>;

/** WeChat refused a call. `code` says what that means, `errcode` what WeChat said. */
export class WechatCallError extends AppError {
  readonly errcode: number;
  /** WeChat's name of the request. Its support finds the request by it for seven days. */
  readonly rid: string | null;

  constructor(code: ErrorCode, options: AppErrorOptions, { errcode, rid }: { errcode: number; rid: string | null }) {
    super(code, options);
    this.errcode = errcode;
    this.rid = rid;
  }
}

const PATH = /^\/[A-Za-z0-9_\-/]{1,128}$/;
const TIMEOUT_MS = 5000;
const MAX_UNDER_WAY = 1000;

export function createCallWechat(parts: { ask: AskWechat; accessTokens: AccessTokens }): CallWechat {
  const { ask, accessTokens } = parts;
  const underWay = new Map<string, number>();

  async function send(app: App, { path, query, body, timeoutMs = TIMEOUT_MS }: WechatCall) {
    const deadline = performance.now() + timeoutMs;
    const left = () => deadline - performance.now();
    const askWith = (token: string) =>
      ask(app, { path, query: { ...query, access_token: token }, ...(body && { body }), timeoutMs: left() });

    const token = await accessTokens.get(app, { timeoutMs: left() });
    const answer = await askWith(token);
    if (answer.fields !== null) return answer.fields;
    if (!isTokenRefusal(answer.errcode)) throw callRefused(app, path, answer);
    const another = await accessTokens.get(app, { refused: token, timeoutMs: left() });
    const second = await askWith(another);
    if (second.fields !== null) return second.fields;
    throw callRefused(app, path, second);
  }

  return async (app, call) => {
    checkCall(call);
    const key = `${app.platform} ${app.appid}`;
    const before = underWay.get(key) ?? 0;
    if (before >= MAX_UNDER_WAY) throw tooMany(app);
    underWay.set(key, before + 1);
    try {
      return await send(app, call);
    } finally {
      underWay.set(key, (underWay.get(key) ?? 1) - 1);
    }
  };
}

function checkCall({ path, query = {}, timeoutMs = TIMEOUT_MS }: WechatCall): void {
  if (!PATH.test(path)) throw new TypeError('path must be like /wxa/business/getuserphonenumber, without a query');
  if ('access_token' in query) throw new TypeError('query must not have an access_token: it is added');
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be more than 0');
}

function callRefused(app: App, path: string, refusal: WechatRefusal): WechatCallError {
  const row = callErrcodeRow(refusal.errcode);
  const options = refusalOptions(app, refusal, row);
  return new WechatCallError(row.code, { ...options, log: { ...options.log, path } }, refusal);
}

function tooMany({ platform, appid }: App): AppError {
  return new AppError('PLATFORM_UNAVAILABLE', {
    retryAfterSeconds: 1,
    detail: `app ${appid}: the platform was not asked`,
    log: { platform, appid, kind: 'too many calls under way' },
  });
}
