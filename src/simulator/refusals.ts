import { randomBytes } from 'node:crypto';

/** What api.weixin.qq.com says when it refuses, in its own words, up to the rid: not every one has a comma before it. */
const refusals: ReadonlyMap<number, string> = new Map([
  [-1, 'system error,'],
  [40001, 'invalid credential, access_token is invalid or not latest,'],
  [40002, 'invalid grant_type,'],
  [40003, 'invalid openid,'],
  [40013, 'invalid appid'],
  [40014, 'invalid access_token,'],
  [40029, 'invalid code,'],
  [40037, 'invalid template_id,'],
  [40066, 'invalid url,'],
  [40125, 'invalid appsecret,'],
  [40129, 'invalid scene,'],
  [40163, 'code been used,'],
  [40164, 'invalid ip, not in whitelist,'],
  [40226, 'code blocked,'],
  [40243, 'appsecret is frozen,'],
  [41001, 'access_token missing,'],
  [41002, 'appid missing,'],
  [41004, 'appsecret missing,'],
  [41008, 'missing code,'],
  [41030, 'invalid page,'],
  [42001, 'access_token expired,'],
  [43001, 'require GET method,'],
  [43002, 'require POST method,'],
  [43101, 'user refuse to accept the msg,'],
  [43104, 'appid mismatch with openid,'],
  [44002, 'empty post data,'],
  [45009, 'reach max api daily quota limit,'],
  [45011, 'api minute-quota reach limit, must slower, retry next minute,'],
  [47001, 'data format error,'],
  [47003, 'argument invalid!'],
  [48001, 'api unauthorized,'],
  [50002, 'user limited,'],
  [61010, 'code is expired,'],
  [87007, 'session_key is not existd or expired,'],
  [87008, 'invalid sig_method,'],
  [87009, 'invalid signature,'],
  [89503, 'ip is not confirmed by the admin,'],
  [89506, 'ip is refused by the admin in 24 hours,'],
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

/**
 * @param errcode one of `errcodes`
 * @param says what WeChat adds to its words
 */
export function refuse(errcode: number, nowMs: number, says: string | null = null): Refusal {
  const words = refusals.get(errcode) ?? 'unknown error,';
  return { errcode, errmsg: `${says === null ? words : `${words} ${says},`} rid: ${createRid(nowMs)}` };
}
