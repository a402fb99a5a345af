import { type CodeToSessionDeps, type CodeToSessionRequest, codeToSession } from './code-to-session.js';
import type { ExchangeLog, Outcome } from './exchange-log.js';
import { type BrokenAnswer, plainFault } from './faults.js';
import type { WechatSession } from './phones.js';
import { type Refusal, refuse } from './refusals.js';
import type { StandingFaults } from './standing-faults.js';

export interface ExchangeDeps extends CodeToSessionDeps {
  readonly standingFaults: StandingFaults;
  readonly log: ExchangeLog;
  readonly now: () => number;
}

/** What comes back, whatever carries it: a text, nothing at all, or the end of the connection. */
export type ExchangeAnswer =
  | { readonly kind: 'text'; readonly text: string; readonly contentType: string; readonly delayMs: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' };

const SLOW_MS = 2_000;
const PAGE = '<!DOCTYPE html>\n<html><head><title>WeChat</title></head><body>system maintenance</body></html>\n';

/** Answers as api.weixin.qq.com would, or as the fault that was ordered for this exchange has it. */
export function answerExchange(request: CodeToSessionRequest, deps: ExchangeDeps): ExchangeAnswer {
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

/** Who calls `answer` spends the code. */
const brokenAnswers: Readonly<Record<BrokenAnswer, (answer: () => string) => ExchangeAnswer>> = {
  slow: (answer) => textOf(answer(), { delayMs: SLOW_MS }),
  hang: () => ({ kind: 'silence' }),
  cut(answer) {
    answer();
    return { kind: 'reset' };
  },
  html: () => textOf(PAGE, { contentType: 'text/html' }),
  truncated(answer) {
    const text = answer();
    return textOf(text.slice(0, text.length / 2));
  },
};

/** WeChat labels its JSON text/plain. */
function textOf(text: string, { contentType = 'text/plain', delayMs = 0 } = {}): ExchangeAnswer {
  return { kind: 'text', text, contentType, delayMs };
}

function outcomeOf(answer: WechatSession | Refusal): Outcome {
  if ('errcode' in answer) return { kind: 'errcode', ...answer };
  return { kind: 'session', openid: answer.openid, unionid: answer.unionid ?? null };
}
