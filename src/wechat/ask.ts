import { AppError } from '../errors.js';
import { FetchJsonError, type FetchJsonFailure, fetchJson as fetchJsonOverHttp } from '../fetch-json.js';
import type { App } from '../platforms/platform.js';
import { type ErrcodeRow, UNAVAILABLE_RETRY_AFTER_SECONDS } from './errcodes.js';

export type FetchJson = typeof fetchJsonOverHttp;

export interface WechatRequest {
  /** `/sns/jscode2session` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, by POST. Without it the request is a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
}

/** What WeChat says when the errcode is 0, or there is none. */
export interface WechatFields {
  readonly errcode: 0;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly httpStatus: number;
}

export interface WechatRefusal {
  /** Never 0. */
  readonly errcode: number;
  readonly fields: null;
  /** WeChat's name of the request. Its support finds the request by it for seven days. */
  readonly rid: string | null;
  /** Of a template: the field that is not as WeChat wants it. */
  readonly templateField: string | null;
  readonly httpStatus: number;
}

export type WechatAnswer = WechatFields | WechatRefusal;

/**
 * One request, never repeated, within its deadline.
 *
 * @throws AppError PLATFORM_UNAVAILABLE for every answer that is none of WeChat's. Nothing of the request is in it.
 */
export type AskWechat = (app: App, request: WechatRequest) => Promise<WechatAnswer>;

export interface AskWechatOptions {
  /** An http or https origin, such as `https://api.weixin.qq.com`. */
  readonly apiUrl: string;
  /** @default over HTTP */
  readonly fetchJson?: FetchJson | undefined;
}

/** @throws TypeError when `apiUrl` is not an origin. */
export function createAskWechat({ apiUrl, fetchJson = fetchJsonOverHttp }: AskWechatOptions): AskWechat {
  const origin = parseApiUrl(apiUrl);

  return async (app, { path, query, body, timeoutMs }) => {
    if (timeoutMs <= 0) throw unusable(app, { kind: 'timeout' });
    try {
      const { status: httpStatus, body: answered } = await fetchJson({
        url: `${origin}${path}`,
        ...(query && { query }),
        ...(body && { body }),
        timeoutMs: Math.ceil(timeoutMs),
      });
      if (httpStatus < 200 || httpStatus > 299) throw unusable(app, { kind: 'status', httpStatus });
      const answer = readAnswer(answered, httpStatus);
      if (answer === null) throw unusable(app, { kind: 'bad_answer', httpStatus });
      return answer;
    } catch (error) {
      throw error instanceof FetchJsonError ? unusable(app, error) : error;
    }
  };
}

function parseApiUrl(apiUrl: string): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new TypeError('apiUrl must be an http or https origin, like https://api.weixin.qq.com');
  return url.origin;
}

/** Null: not an answer of WeChat's form. */
function readAnswer(body: unknown, httpStatus: number): WechatAnswer | null {
  if (typeof body !== 'object' || body === null) return null;
  const fields = body as Record<string, unknown>;
  const errcode = fields.errcode === undefined ? 0 : toInteger(fields.errcode);
  if (errcode === null) return null;
  if (errcode !== 0) return { errcode, fields: null, ...readErrmsg(fields.errmsg), httpStatus };
  return { errcode: 0, fields, httpStatus };
}

/** WeChat's own samples show numbers and, for its third-party platform, `"40029"`. */
function toInteger(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) : null;
}

/** The only parts of an errmsg that are kept: the rest may echo what was sent. */
function readErrmsg(errmsg: unknown): Pick<WechatRefusal, 'rid' | 'templateField'> {
  const text = typeof errmsg === 'string' ? errmsg : '';
  return {
    rid: /\b(?:rid|req_id): ?([A-Za-z0-9_-]{1,64})(?![A-Za-z0-9_-])/.exec(text)?.[1] ?? null,
    templateField: /\bdata\.([a-z_]{1,24}\d{1,3})\b/.exec(text)?.[1] ?? null,
  };
}

/** What a string of WeChat's looks like that names or opens something. */
export function isIdentifier(value: unknown, maxLength = 128): value is string {
  return typeof value === 'string' && value.length <= maxLength && /^[\x21-\x7e]+$/.test(value);
}

/** What `refused` and its relatives make an error of. */
export function refusalOptions(app: App, { errcode, rid, templateField, httpStatus }: WechatRefusal, row: ErrcodeRow) {
  const { reason, retryAfterSeconds, alarm, meaning } = row;
  return {
    ...(reason !== undefined && { reason }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(alarm && { alarm }),
    detail: `app ${app.appid}: ${meaning}`,
    log: {
      ...{ platform: app.platform, appid: app.appid, kind: 'errcode', errcode, rid, httpStatus },
      ...(templateField !== null && { templateField }),
    },
  };
}

export function refused(app: App, refusal: WechatRefusal, row: ErrcodeRow): AppError {
  return new AppError(row.code, refusalOptions(app, refusal, row));
}

export interface Unusable {
  readonly kind: FetchJsonFailure | 'status' | 'bad_answer';
  readonly causeCode?: string | null;
  readonly httpStatus?: number;
}

/** An answer that says nothing. */
export function unusable(app: App, { kind, causeCode = null, httpStatus }: Unusable): AppError {
  return new AppError('PLATFORM_UNAVAILABLE', {
    retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
    detail: `app ${app.appid}: WeChat gave no usable answer (${kind}).`,
    log: { platform: app.platform, appid: app.appid, kind, causeCode, httpStatus: httpStatus ?? null },
  });
}
