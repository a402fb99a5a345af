import type { IncomingMessage, ServerResponse } from 'node:http';
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

const SLOW_MS = 2_000;
const PAGE = '<!DOCTYPE html>\n<html><head><title>WeChat</title></head><body>system maintenance</body></html>\n';

/** Answers as api.weixin.qq.com would, or as the fault that was ordered for this exchange has it. */
export function answerExchange(
  request: CodeToSessionRequest,
  deps: ExchangeDeps,
  raw: IncomingMessage,
  response: ServerResponse,
): void {
  const { phones, standingFaults, log, now } = deps;
  const appid = request.query.get('appid') ?? '';
  const code = request.query.get('js_code') ?? '';
  const record = (outcome: Outcome) => log.add({ at: now(), appid, code, path: request.path, outcome });

  const answer = (): WechatSession | Refusal => {
    const session = codeToSession(request, deps);
    return typeof session === 'number' ? refuse(session, now()) : session;
  };

  // Nobody reads a body here: the connection ends instead.
  if (request.method !== 'GET') response.setHeader('connection', 'close');
  const ordered = phones.faultOf(code) ?? standingFaults.next(appid);
  const fault = ordered === null ? null : plainFault(ordered);
  if (fault !== null && typeof fault !== 'number') {
    record({ kind: 'fault', fault });
    brokenAnswers[fault](() => JSON.stringify(answer()), response, raw);
    return;
  }
  const whole = fault === null ? answer() : refuse(fault, now());
  record(outcomeOf(whole));
  send(response, JSON.stringify(whole));
}

type BreakAnswer = (answer: () => string, response: ServerResponse, request: IncomingMessage) => void;

const brokenAnswers: Readonly<Record<BrokenAnswer, BreakAnswer>> = {
  slow(answer, response) {
    const text = answer();
    const timer = setTimeout(() => send(response, text), SLOW_MS);
    response.once('close', () => clearTimeout(timer));
  },
  hang() {},
  cut(answer, _response, { socket }) {
    answer();
    socket.resetAndDestroy();
  },
  html(_answer, response) {
    send(response, PAGE, 'text/html');
  },
  truncated(answer, response) {
    const text = answer();
    send(response, text.slice(0, text.length / 2));
  },
};

/** WeChat labels its JSON text/plain, and refuses with 200. */
function send(response: ServerResponse, text: string, contentType = 'text/plain'): void {
  response.setHeader('content-type', contentType);
  response.end(text);
}

function outcomeOf(answer: WechatSession | Refusal): Outcome {
  if ('errcode' in answer) return { kind: 'errcode', ...answer };
  return { kind: 'session', openid: answer.openid, unionid: answer.unionid ?? null };
}
