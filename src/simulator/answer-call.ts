import type { AccessTokens } from './access-tokens.js';
import type { Api, ApiAnswer } from './api.js';
import type { ApiCallRecord } from './api-call-record.js';
import type { ApiPath } from './api-paths.js';
import type { SimulatedApp } from './apps.js';
import { plainFault } from './faults.js';
import type { Recent } from './recent.js';
import { refuse } from './refusals.js';
import type { StandingFaults } from './standing-faults.js';
import { brokenAnswers, textOf, type WechatAnswer } from './wechat-answer.js';
import { type Fields, fieldsOf, type WechatRequest } from './wechat-request.js';

export interface CallDeps {
  readonly apps: readonly SimulatedApp[];
  readonly accessTokens: AccessTokens;
  readonly standingFaults: StandingFaults;
  readonly calls: Recent<ApiCallRecord>;
  readonly now: () => number;
}

/** Answers as api.weixin.qq.com would, or as the fault that was ordered for this call has it. */
export function answerCall(path: ApiPath, api: Api, request: WechatRequest, deps: CallDeps): WechatAnswer {
  const { standingFaults, calls, now } = deps;
  const body = api.method === 'POST' ? fieldsOf(request) : {};
  const appid = appidOf(api, request, body, deps);
  let errcode: number | null = null;

  const say = (answer: ApiAnswer): string => {
    const whole = wholeOf(api, answer, now());
    errcode = typeof whole.errcode === 'number' ? whole.errcode : 0;
    return JSON.stringify(whole);
  };
  const work = () => say(answerOf(api, request, body, appid ?? '', deps));

  const ordered = standingFaults.next(appid ?? '');
  const fault = ordered === null ? null : plainFault(ordered);
  const give = (): WechatAnswer => {
    if (fault === null) return textOf(work());
    return typeof fault === 'number' ? textOf(say(fault)) : brokenAnswers[fault](work);
  };
  const answer = give();
  calls.add(Object.freeze({ at: now(), appid, path, errcode, fault: typeof fault === 'string' ? fault : null }));
  return answer;
}

/** The app that is meant, whether or not it is let in. */
function appidOf(api: Api, { query }: WechatRequest, body: Fields | number, { apps, accessTokens }: CallDeps) {
  if (api.credential === 'access_token') return accessTokens.appidOf(query.get('access_token') ?? '');
  const named = typeof body === 'number' ? null : body.appid;
  return apps.find(({ appid }) => appid === named)?.appid ?? null;
}

function answerOf(api: Api, { method, query }: WechatRequest, body: Fields | number, appid: string, deps: CallDeps) {
  if (api.credential === 'access_token') {
    const refusal = deps.accessTokens.refusalOf(query.get('access_token') ?? '');
    if (refusal !== null) return refusal;
  }
  if (method !== api.method) return api.method === 'GET' ? 43001 : 43002;
  return typeof body === 'number' ? body : api.answer({ appid, query, body });
}

function wholeOf({ credential }: Api, answer: ApiAnswer, nowMs: number): Fields {
  if (typeof answer === 'number') return { ...refuse(answer, nowMs) };
  if ('refused' in answer) return { ...refuse(answer.refused, nowMs, answer.says) };
  return credential === 'secret' ? answer.fields : { errcode: 0, errmsg: 'ok', ...answer.fields };
}
