import { randomBytes } from 'node:crypto';

/** What api.weixin.qq.com says when it refuses, in its own words. */
const refusalTable = {
  40002: 'invalid grant_type',
  40013: 'invalid appid',
  40029: 'invalid code',
  40066: 'invalid url',
  40125: 'invalid appsecret',
  40163: 'code been used',
  41002: 'appid missing',
  41004: 'appsecret missing',
  41008: 'missing code',
  43001: 'require GET method',
} as const satisfies Record<number, string>;

export type Errcode = keyof typeof refusalTable;

/** By the rid WeChat's support finds a request: the time in seconds, then noise, in hexadecimal. */
function createRid(nowMs: number): string {
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  return [seconds, randomBytes(4).toString('hex'), randomBytes(4).toString('hex')].join('-');
}

export function refuse(errcode: Errcode, nowMs: number): { errcode: Errcode; errmsg: string } {
  return { errcode, errmsg: `${refusalTable[errcode]}, rid: ${createRid(nowMs)}` };
}
