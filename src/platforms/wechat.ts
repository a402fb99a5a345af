import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { FetchJsonError, type FetchJsonFailure, fetchJson as fetchJsonOverHttp } from '../fetch-json.js';
import { errcodeRow, UNAVAILABLE_RETRY_AFTER_SECONDS } from '../wechat/errcodes.js';
import type { App, ExchangedIdentity, Platform } from './platform.js';

/** Between the calls for one code while WeChat says it is busy: at most four calls. */
const BUSY_WAITS_MS = [200, 400, 800] as const;

export interface WechatOptions {
  /** An http or https origin, such as `https://api.weixin.qq.com`. */
  apiUrl: string;
  /** Over one exchange, its repeated calls and the waits between them included. @default 5000 */
  timeoutMs?: number;
  /** In ms. Measures the deadline, so it does not jump with the clock on the wall. */
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
  /** How WeChat is asked. @default over HTTP */
  fetchJson?: FetchJson | undefined;
}

export type FetchJson = typeof fetchJsonOverHttp;

/** @throws TypeError when an option is not of its form. */
export function createWechat({
  apiUrl,
  timeoutMs = 5000,
  now = () => performance.now(),
  wait = sleep,
  fetchJson = fetchJsonOverHttp,
}: WechatOptions) {
  const url = `${parseApiUrl(apiUrl)}/sns/jscode2session`;
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be more than 0');
  const workingSecrets = new WeakMap<App, string>();

  async function ask(
    app: App,
    secret: string,
    code: string,
    remainingMs: number,
  ): Promise<Answer & { httpStatus: number }> {
    if (remainingMs <= 0) throw unusable(app, { kind: 'timeout' });
    const query = { appid: app.appid, secret, js_code: code, grant_type: 'authorization_code' };
    try {
      const { status: httpStatus, body } = await fetchJson({ url, query, timeoutMs: Math.ceil(remainingMs) });
      if (httpStatus < 200 || httpStatus > 299) throw unusable(app, { kind: 'status', httpStatus });
      const answer = readAnswer(body);
      if (answer === null) throw unusable(app, { kind: 'bad_answer', httpStatus });
      return { ...answer, httpStatus };
    } catch (error) {
      throw error instanceof FetchJsonError ? unusable(app, error) : error;
    }
  }

  return {
    name: 'WECHAT',

    async exchange(app: App, code: string): Promise<ExchangedIdentity> {
      const deadline = now() + timeoutMs;
      const waitsMs: number[] = [...BUSY_WAITS_MS];
      let secret = workingSecrets.get(app) ?? app.secrets[0];
      const otherSecrets = app.secrets.filter((other) => other !== secret);
      for (;;) {
        const answer = await ask(app, secret, code, deadline - now());
        if (answer.identity) {
          workingSecrets.set(app, secret);
          return answer.identity;
        }
        const { retry } = errcodeRow(answer.errcode);
        const waitMs = retry === 'after a wait' ? waitsMs.shift() : undefined;
        const otherSecret = retry === 'with another secret' ? otherSecrets.shift() : undefined;
        if (waitMs !== undefined && now() + waitMs < deadline) await wait(waitMs);
        else if (otherSecret !== undefined) secret = otherSecret;
        else throw refused(app, answer);
      }
    },
  } satisfies Platform;
}

function parseApiUrl(apiUrl: string): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new TypeError('apiUrl must be an http or https origin, like https://api.weixin.qq.com');
  return url.origin;
}

interface Refusal {
  identity: null;
  errcode: number;
  /** WeChat's name of the request. Its support finds the request by it for seven days. */
  rid: string | null;
}

type Answer = { identity: ExchangedIdentity } | Refusal;

/** Null: not an answer of WeChat's form. */
function readAnswer(body: unknown): Answer | null {
  if (typeof body !== 'object' || body === null) return null;
  const fields = body as Record<string, unknown>;
  const errcode = fields.errcode === undefined ? 0 : toInteger(fields.errcode);
  if (errcode === null) return null;
  if (errcode !== 0) return { identity: null, errcode, rid: ridOf(fields.errmsg) };
  const { openid, session_key: sessionKey } = fields;
  const unionid = fields.unionid === undefined || fields.unionid === '' ? null : fields.unionid;
  if (!isIdentifier(openid) || !isIdentifier(sessionKey)) return null;
  if (unionid !== null && !isIdentifier(unionid)) return null;
  return { identity: { openid, unionid, sessionKey } };
}

/** WeChat's own samples show numbers and, for its third-party platform, `"40029"`. */
function toInteger(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) : null;
}

function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}

/** The only part of an errmsg that is kept: the rest may echo what was sent. */
function ridOf(errmsg: unknown): string | null {
  if (typeof errmsg !== 'string') return null;
  return /\b(?:rid|req_id): ?([A-Za-z0-9_-]{1,64})(?![A-Za-z0-9_-])/.exec(errmsg)?.[1] ?? null;
}

function refused(app: App, { errcode, rid, httpStatus }: Refusal & { httpStatus: number }): AppError {
  const { code, reason, retryAfterSeconds, alarm, meaning } = errcodeRow(errcode);
  return new AppError(code, {
    ...(reason !== undefined && { reason }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(alarm && { alarm }),
    detail: `app ${app.appid}: ${meaning}`,
    log: { platform: app.platform, appid: app.appid, kind: 'errcode', errcode, rid, httpStatus },
  });
}

interface Unusable {
  kind: FetchJsonFailure | 'status' | 'bad_answer';
  causeCode?: string | null;
  httpStatus?: number;
}

function unusable(app: App, { kind, causeCode = null, httpStatus }: Unusable): AppError {
  return new AppError('PLATFORM_UNAVAILABLE', {
    retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
    detail: `app ${app.appid}: WeChat gave no usable answer (${kind}).`,
    log: { platform: app.platform, appid: app.appid, kind, causeCode, httpStatus: httpStatus ?? null },
  });
}
