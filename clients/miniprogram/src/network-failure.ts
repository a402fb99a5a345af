import { INTERRUPTED, NETWORK_ERROR } from './codes.js';
import { MenjinError } from './menjin-error.js';

/** By what `errMsg` says, and then the URL: platforms and systems word the rest as they like. */
const signs: readonly (readonly [sign: RegExp, code: string, advice?: string])[] = [
  [
    /domain list|合法域名/,
    'DOMAIN_NOT_LISTED',
    'List its https origin at mp.weixin.qq.com, or switch the check off in DevTools',
  ],
  [/interrupted/, INTERRUPTED],
  [/time.{0,2}out/i, 'TIMEOUT'],
  [/ssl|cert/i, NETWORK_ERROR, 'Check the certificate chain'],
  [/ http:/, NETWORK_ERROR, 'Phones want https'],
  [/(?:)/, NETWORK_ERROR],
];

/** No answer came. */
export function networkFailure(error: unknown, url: string): MenjinError {
  const says = `${errMsgOf(error)}, ${url}`;
  const [, code, advice = ''] = signs.find(([sign]) => sign.test(says)) as (typeof signs)[number];
  return new MenjinError(code, `${says}. ${advice}`);
}

export function errMsgOf(error: unknown): string {
  const { errMsg } = Object(error) as { errMsg?: string };
  return errMsg || String(error);
}
