import { setTimeout as sleep } from 'node:timers/promises';
import { createAskWechat, type FetchJson, isIdentifier, refused, unusable } from '../wechat/ask.js';
import { errcodeRow } from '../wechat/errcodes.js';
import { createWithSecret } from '../wechat/working-secret.js';
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

export type { FetchJson };

/** @throws TypeError when an option is not of its form. */
export function createWechat({
  apiUrl,
  timeoutMs = 5000,
  now = () => performance.now(),
  wait = sleep,
  fetchJson,
}: WechatOptions) {
  const askWechat = createAskWechat({ apiUrl, fetchJson });
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be more than 0');
  const withSecret = createWithSecret();

  return {
    name: 'WECHAT',

    async exchange(app: App, code: string): Promise<ExchangedIdentity> {
      const deadline = now() + timeoutMs;
      const waitsMs: number[] = [...BUSY_WAITS_MS];

      async function ask(secret: string) {
        const query = { appid: app.appid, secret, js_code: code, grant_type: 'authorization_code' };
        for (;;) {
          const answer = await askWechat(app, { path: '/sns/jscode2session', query, timeoutMs: deadline - now() });
          if (answer.fields !== null) return answer;
          const { retry } = errcodeRow(answer.errcode);
          const waitMs = retry === 'after a wait' ? waitsMs.shift() : undefined;
          if (waitMs === undefined || now() + waitMs >= deadline) return answer;
          await wait(waitMs);
        }
      }

      const answer = await withSecret(app, errcodeRow, ask);
      if (answer.fields === null) throw refused(app, answer, errcodeRow(answer.errcode));
      const identity = readIdentity(answer.fields);
      if (identity === null) throw unusable(app, { kind: 'bad_answer', httpStatus: answer.httpStatus });
      return identity;
    },
  } satisfies Platform;
}

function readIdentity(fields: Readonly<Record<string, unknown>>): ExchangedIdentity | null {
  const { openid, session_key: sessionKey } = fields;
  const unionid = fields.unionid === undefined || fields.unionid === '' ? null : fields.unionid;
  if (!isIdentifier(openid) || !isIdentifier(sessionKey)) return null;
  if (unionid !== null && !isIdentifier(unionid)) return null;
  return { openid, unionid, sessionKey };
}
