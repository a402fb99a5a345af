import type { ErrorCode } from '../errors.js';

export interface ErrcodeRow {
  code: ErrorCode;
  /** Goes to the client as `extensions.reason`. */
  reason?: string;
  retryAfterSeconds?: number;
  /** True when an operator must act. */
  alarm?: true;
  /** What the same code may be used for once more: it is not spent by this answer. */
  retry?: 'after a wait' | 'with another secret';
  /** For the log: what happened, and what an operator checks. */
  meaning: string;
}

/** How long a client leaves WeChat alone after an answer of no use. */
export const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;

/**
 * What `sns/jscode2session` answers. Its page lists -1, 40029, 40226 and 45011; the others are of WeChat's shared
 * list and were seen in answers to this call.
 */
export const errcodes: ReadonlyMap<number, ErrcodeRow> = new Map<number, ErrcodeRow>([
  [
    -1,
    {
      code: 'PLATFORM_UNAVAILABLE',
      retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
      retry: 'after a wait',
      meaning: 'WeChat is busy.',
    },
  ],
  [
    40029,
    {
      code: 'CODE_INVALID',
      reason: 'INVALID',
      meaning: 'The code expired, was mistyped, or was issued to another appid (DevTools opened with a test appid).',
    },
  ],
  [40163, { code: 'CODE_INVALID', reason: 'USED', meaning: 'The code was used before.' }],
  [40226, { code: 'USER_BLOCKED', meaning: "WeChat's risk control stopped this user's login." }],
  [50002, { code: 'USER_BLOCKED', meaning: 'WeChat restricts this user, or froze the account.' }],
  [45011, { code: 'RATE_LIMITED', retryAfterSeconds: 60, meaning: "WeChat's quota of this minute is used up." }],
  [
    40013,
    misconfigured('WeChat does not know this appid: check it for a typing error, quotes, spaces, another account.'),
  ],
  [40125, secretRefused('WeChat refuses the secret of this app: compare it with the one on mp.weixin.qq.com.')],
  [40001, secretRefused('WeChat refuses the secret of this app: compare it with the one on mp.weixin.qq.com.')],
  [41002, misconfigured('The appid did not reach WeChat: check what stands between it and this gateway.')],
  [41004, misconfigured('The secret did not reach WeChat: check what stands between it and this gateway.')],
  [41008, misconfigured('The code did not reach WeChat: check what stands between it and this gateway.')],
  [
    40002,
    misconfigured('The grant_type did not reach WeChat unchanged: check what stands between it and this gateway.'),
  ],
  [40066, misconfigured('WeChat has no such path: check WECHAT_API_URL.')],
  [40164, misconfigured("The address this gateway calls from is not in the IP whitelist of the app's account.")],
  [40243, misconfigured('The secret of this app was frozen by its owner: unfreeze it on mp.weixin.qq.com.')],
  [48001, misconfigured('The account of this app may not use this API: check what it is authorised for.')],
]);

export const unknownErrcode: ErrcodeRow = {
  code: 'PLATFORM_UNAVAILABLE',
  retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
  meaning: 'WeChat answered an errcode that is not in our table.',
};

/** The row of an errcode other than 0. */
export function errcodeRow(errcode: number): ErrcodeRow {
  return errcodes.get(errcode) ?? unknownErrcode;
}

export function misconfigured(meaning: string): ErrcodeRow {
  return { code: 'INTERNAL_SERVER_ERROR', alarm: true, meaning };
}

export function secretRefused(meaning: string): ErrcodeRow {
  return { ...misconfigured(meaning), retry: 'with another secret' };
}
