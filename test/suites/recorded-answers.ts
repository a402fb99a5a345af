// Answers of WeChat in the form in which those who got them published them: fields, their order, types and tails. The
// openids and keys are those of WeChat's samples.
const OPENID = 'oGZUI0egBJY1zhBYw2KhdUfwVJJE';
const UNIONID = 'o6_bmasdasdsad6_2sgVt7hMZOPf';
const KEY = 'tiihtNczf5v6AKRyjwEUhQ==';
const NEXT_KEY = 'HyVFkGl5F5OQWJZZaNzBBg==';

export const recordedSessions = {
  'without an errcode': `{"session_key":"${KEY}","openid":"${OPENID}"}`,
  'in the other order': `{"openid":"${OPENID}","session_key":"${NEXT_KEY}"}`,
  'with a unionid': `{"session_key":"${KEY}","openid":"${OPENID}","unionid":"${UNIONID}"}`,
  'with a unionid of null': `{"session_key":"${KEY}","openid":"${OPENID}","unionid":null}`,
  'with errcode 0': `{"openid":"${OPENID}","session_key":"${KEY}","unionid":"${UNIONID}","errcode":0,"errmsg":"ok"}`,
  'with errcode "0"': `{"errcode":"0","errmsg":"ok","openid":"${OPENID}","session_key":"${KEY}"}`,
  'of 2017, with expires_in': `{"session_key":"${KEY}","expires_in":7200,"openid":"${OPENID}"}`,
  'of 2017, in the other order': `{"openid":"${OPENID}","expires_in":7200,"session_key":"${KEY}"}`,
} as const;

export const recordedIdentity = { openid: OPENID, unionid: UNIONID };

/** Word for word. */
export const recordedRefusals = {
  40163: '{"errcode":40163,"errmsg":"code been used, hints: [ req_id: AijFoqaLRa-pTFm4 ]"}',
  40029: '{"errcode":40029,"errmsg":"invalid code, hints: [ req_id: uhJDVZyFe-YZguHA ]"}',
  41002: '{"errcode":41002,"errmsg":"appid missing, rid: 619c7771-0a02d499-79942718"}',
  40013: '{"errcode":40013,"errmsg":"invalid appid rid: 608d5803-66b84dfc-005383b1"}',
} as const;

export const recordedRids: Readonly<Record<keyof typeof recordedRefusals, string>> = {
  40163: 'AijFoqaLRa-pTFm4',
  40029: 'uhJDVZyFe-YZguHA',
  41002: '619c7771-0a02d499-79942718',
  40013: '608d5803-66b84dfc-005383b1',
};

/** As WeChat's page for third-party platforms has it. */
export const STRING_ERRCODE = '{"errcode":"40029","errmsg":"invalid code, rid: 619c7771-0a02d499-79942718"}';

/** An errcode whose wording was not published with its tail: in the form of those that were. */
export function refusalOfRecordedForm(errcode: number): string {
  return `{"errcode":${errcode},"errmsg":"refused, rid: 619c7771-0a02d499-79942718"}`;
}
