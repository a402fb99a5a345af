import {
  type ErrcodeRow,
  errcodes,
  misconfigured,
  secretRefused,
  UNAVAILABLE_RETRY_AFTER_SECONDS,
  unknownErrcode,
} from './errcodes.js';

const busy: ErrcodeRow = {
  code: 'PLATFORM_UNAVAILABLE',
  retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
  meaning: 'WeChat is busy.',
};

const perMinute = limited(60, "WeChat's quota of this minute is used up.");
const perDay = limited(3600, "WeChat's quota of this day is used up.");

/** What `cgi-bin/stable_token` answers. */
export const tokenErrcodes: ReadonlyMap<number, ErrcodeRow> = new Map<number, ErrcodeRow>([
  [-1, busy],
  ...sameAsOfCodes(40002, 40013, 40164, 40243, 41002, 41004, 48001),
  [40001, secretRefused('WeChat refuses the secret of this app: compare it with the one on mp.weixin.qq.com.')],
  [40125, secretRefused('WeChat refuses the secret of this app: compare it with the one on mp.weixin.qq.com.')],
  [43002, misconfigured('The request did not reach WeChat as a POST: check what stands between it and this gateway.')],
  [45009, perDay],
  [45011, perMinute],
  [47001, misconfigured('The JSON did not reach WeChat unchanged: check what stands between it and this gateway.')],
  [
    89503,
    misconfigured(
      "The administrator of the app's account must confirm the address this gateway calls from: look at WeChat.",
    ),
  ],
  [
    89506,
    misconfigured("The administrator of the app's account refused the address this gateway calls from, for 24 hours."),
  ],
]);

/** An access token that is none any more: got again, once. */
const TOKEN_REFUSALS: readonly number[] = [40001, 40014, 42001];

/** What calls in an app's name answer. Their pages list some each; the same number means the same everywhere. */
export const callErrcodes: ReadonlyMap<number, ErrcodeRow> = new Map<number, ErrcodeRow>([
  [-1, busy],
  ...TOKEN_REFUSALS.map((errcode): [number, ErrcodeRow] => [
    errcode,
    { ...busy, alarm: true, meaning: 'WeChat refuses the access token, and another one, too.' },
  ]),
  ...sameAsOfCodes(40013, 40066, 40163, 40164, 40029),
  [40003, misused('WeChat does not know this openid in this app.')],
  [40037, misused('WeChat does not know this template in this app.')],
  [40129, misused('The scene is none that WeChat knows.')],
  [41001, misconfigured('The access token did not reach WeChat: check what stands between it and this gateway.')],
  [41030, misused('The page is none of the published version of the app.')],
  [
    43101,
    { code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED', meaning: 'The user did not ask for this message, or has got it.' },
  ],
  [43104, misused('The openid is not one of this app.')],
  [44002, misused('The body is empty.')],
  [45009, perDay],
  [45011, perMinute],
  [45047, perMinute],
  [47001, misused('The body is not of the form that this API wants.')],
  [
    47003,
    { code: 'BAD_USER_INPUT', reason: 'TEMPLATE_DATA', meaning: 'A field of the template is not as it must be.' },
  ],
  [48001, misconfigured('The account of this app may not use this API: check what it is authorised for.')],
  [61010, { code: 'FORBIDDEN', reason: 'NOT_RECENT', meaning: 'The user has not used the app in the last two hours.' }],
  [87007, misused('WeChat does not know this session_key, or not any more.')],
  [87008, misused('The sig_method is none that WeChat knows.')],
  [87009, misused('The signature is not of the session_key that WeChat has.')],
]);

export function tokenErrcodeRow(errcode: number): ErrcodeRow {
  return tokenErrcodes.get(errcode) ?? unknownErrcode;
}

export function callErrcodeRow(errcode: number): ErrcodeRow {
  return callErrcodes.get(errcode) ?? unknownErrcode;
}

export function isTokenRefusal(errcode: number): boolean {
  return TOKEN_REFUSALS.includes(errcode);
}

function sameAsOfCodes(...wanted: readonly number[]): [number, ErrcodeRow][] {
  return [...errcodes].filter(([errcode]) => wanted.includes(errcode));
}

/** What back-end code asked for, which no client can do anything about. */
function misused(meaning: string): ErrcodeRow {
  return { code: 'INTERNAL_SERVER_ERROR', meaning };
}

function limited(retryAfterSeconds: number, meaning: string): ErrcodeRow {
  return { code: 'RATE_LIMITED', retryAfterSeconds, meaning };
}
