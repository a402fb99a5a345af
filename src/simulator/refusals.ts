import { randomBytes } from 'node:crypto';

/** What api.weixin.qq.com says when it refuses, in its own words, up to the rid: not every one has a comma before it. */
const refusals: ReadonlyMap<number, string> = new Map([
  [-1, 'system error,'],
  [40001, 'invalid credential,'],
  [40002, 'invalid grant_type,'],
  [40013, 'invalid appid'],
  [40029, 'invalid code,'],
  [40066, 'invalid url,'],
  [40125, 'invalid appsecret,'],
  [40163, 'code been used,'],
  [40164, 'invalid ip, not in whitelist,'],
  [40226, 'code blocked,'],
  [40243, 'appsecret is frozen,'],
  [41002, 'appid missing,'],
  [41004, 'appsecret missing,'],
  [41008, 'missing code,'],
  [43001, 'require GET method,'],
  [45011, 'api minute-quota reach limit, must slower, retry next minute,'],
  [48001, 'api unauthorized,'],
  [50002, 'user limited,'],
]);

export const errcodes: readonly number[] = [...refusals.keys()];

export interface Refusal {
  readonly errcode: number;
  readonly errmsg: string;
}

/** By the rid WeChat's support finds a request: the time in seconds, then noise, in hexadecimal. */
function createRid(nowMs: number): string {
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  return [seconds, randomBytes(4).toString('hex'), randomBytes(4).toString('hex')].join('-');
}

/** @param errcode one of `errcodes` */
export function refuse(errcode: number, nowMs: number): Refusal {
  return { errcode, errmsg: `${refusals.get(errcode) ?? 'unknown error,'} rid: ${createRid(nowMs)}` };
}
