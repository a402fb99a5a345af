import { type CodeToSessionDeps, type CodeToSessionRequest, codeToSession } from './code-to-session.js';
import type { ExchangeLog, Outcome } from './exchange-log.js';
import { plainFault } from './faults.js';
import type { WechatSession } from './phones.js';
import { type Refusal, refuse } from './refusals.js';
import type { StandingFaults } from './standing-faults.js';
import { brokenAnswers, textOf, type WechatAnswer } from './wechat-answer.js';

export interface ExchangeDeps extends CodeToSessionDeps {
  readonly standingFaults: StandingFaults;
  readonly log: ExchangeLog;
  readonly now: () => number;
}

/** Answers as api.weixin.qq.com would, or as the fault that was ordered for this exchange has it. */
export function answerExchange(request: CodeToSessionRequest, deps: ExchangeDeps): WechatAnswer {
  const { phones, standingFaults, log, now } = deps;
  const appid = request.query.get('appid') ?? '';
  const code = request.query.get('js_code') ?? '';
  const record = (outcome: Outcome) => log.add({ at: now(), appid, code, path: request.path, outcome });

  const answer = (): WechatSession | Refusal => {
    const session = codeToSession(request, deps);
    return typeof session === 'number' ? refuse(session, now()) : session;
  };

  const ordered = phones.faultOf(code) ?? standingFaults.next(appid);
  const fault = ordered === null ? null : plainFault(ordered);
  if (fault !== null && typeof fault !== 'number') {
    record({ kind: 'fault', fault });
    return brokenAnswers[fault](() => JSON.stringify(answer()));
  }
  const whole = fault === null ? answer() : refuse(fault, now());
  record(outcomeOf(whole));
  return textOf(JSON.stringify(whole));
}

function outcomeOf(answer: WechatSession | Refusal): Outcome {
  if ('errcode' in answer) return { kind: 'errcode', ...answer };
  return { kind: 'session', openid: answer.openid, unionid: answer.unionid ?? null };
}
