import { EXCHANGE_PATH } from './api-paths.js';
import type { SimulatedApp } from './apps.js';
import type { Phones, WechatSession } from './phones.js';
import type { Quota } from './quota.js';
import type { WechatRequest } from './wechat-request.js';

export type CodeToSessionRequest = Pick<WechatRequest, 'method' | 'path' | 'query'>;

type Check = (request: CodeToSessionRequest, app: SimulatedApp | undefined) => boolean;

const lacks =
  (name: string): Check =>
  ({ query }) =>
    !query.get(name);

/** The first that is true refuses. A code is spent only when none is. */
const checks: readonly (readonly [errcode: number, isRefused: Check])[] = [
  // Paths have a case: jsCode2Session is no address of WeChat's.
  [40066, ({ path }) => path !== EXCHANGE_PATH],
  [43001, ({ method }) => method !== 'GET'],
  [41002, lacks('appid')],
  [41004, lacks('secret')],
  [41008, lacks('js_code')],
  [40002, ({ query }) => query.get('grant_type') !== 'authorization_code'],
  [40013, (_request, app) => app === undefined],
  [40125, ({ query }, app) => query.get('secret') !== app?.secret],
];

export interface CodeToSessionDeps {
  readonly apps: readonly SimulatedApp[];
  readonly phones: Phones;
  readonly quota: Quota;
}

/** code2Session: the session of the person whose phone made the code, or the errcode WeChat refuses with. */
export function codeToSession(request: CodeToSessionRequest, deps: CodeToSessionDeps): WechatSession | number {
  const { query } = request;
  const appid = query.get('appid') ?? '';
  const app = deps.apps.find((each) => each.appid === appid);
  const refusal = checks.find(([, isRefused]) => isRefused(request, app));
  if (refusal !== undefined) return refusal[0];
  if (deps.quota.isUsedUp(appid)) return 45011;
  return deps.phones.exchange(query.get('js_code') ?? '', appid);
}
