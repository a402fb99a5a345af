import type { Phones, WechatSession } from './phones.js';
import type { Errcode } from './refusals.js';

export interface CodeToSessionRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface SimulatedApp {
  readonly appid: string;
  readonly secret: string;
}

type Check = (request: CodeToSessionRequest, app: SimulatedApp) => boolean;

const lacks =
  (name: string): Check =>
  ({ query }) =>
    !query.get(name);

/** The first that is true refuses. A code is spent only when none is. */
const checks: readonly (readonly [Errcode, Check])[] = [
  // Paths have a case: jsCode2Session is no address of WeChat's.
  [40066, ({ path }) => path !== '/sns/jscode2session'],
  [43001, ({ method }) => method !== 'GET'],
  [41002, lacks('appid')],
  [41004, lacks('secret')],
  [41008, lacks('js_code')],
  [40002, ({ query }) => query.get('grant_type') !== 'authorization_code'],
  [40013, ({ query }, app) => query.get('appid') !== app.appid],
  [40125, ({ query }, app) => query.get('secret') !== app.secret],
];

/** code2Session: the session of the person whose phone made the code, or the errcode WeChat refuses with. */
export function codeToSession(
  request: CodeToSessionRequest,
  app: SimulatedApp,
  phones: Phones,
): WechatSession | Errcode {
  const refusal = checks.find(([, isRefused]) => isRefused(request, app));
  if (refusal !== undefined) return refusal[0];
  const session = phones.exchange(request.query.get('js_code') ?? '');
  if (session === 'used') return 40163;
  if (session === 'invalid') return 40029;
  return session;
}
