import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.js';

/** What the routes need of a simulator. It checks what it is given, and says in a TypeError what there is instead. */
export interface SimulatedWechat {
  code(username: string, options?: { appid?: string | undefined; fault?: unknown }): string;
  exchanges(code: string): readonly Exchange[];
}

interface Exchange {
  readonly at: number;
  readonly appid: string;
  readonly path: string;
  readonly outcome:
    | { readonly kind: 'session'; readonly openid: string; readonly unionid: string | null }
    | { readonly kind: 'errcode'; readonly errcode: number; readonly errmsg: string }
    | { readonly kind: 'fault'; readonly fault: string };
}

/**
 * `POST /simulator/codes` `{ user, appid?, fault? }` is `wx.login` on a test user's phone: `{ code }`.
 * `GET /simulator/exchanges?code=` is how the gateway traded that code, as a bystander may see it. Both only for pages of
 * this gateway, and for programs.
 */
export function simulatorRoutes(app: FastifyInstance, simulator: SimulatedWechat): void {
  app.post('/simulator/codes', { onRequest: refuseOtherPages }, async (request) => {
    const { user, appid, fault = null } = (request.body ?? {}) as Record<string, unknown>;
    try {
      const options = { appid: isAbsent(appid) ? undefined : textOf(appid), fault };
      return { code: simulator.code(textOf(user), options) };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new AppError('BAD_USER_INPUT', { message: error.message });
    }
  });

  app.get('/simulator/exchanges', { onRequest: refuseOtherPages }, async (request) => {
    const { code } = request.query as Record<string, unknown>;
    return { exchanges: simulator.exchanges(textOf(code)).map(masked) };
  });
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** What is no text is none of the names there are. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Written out field by field, so that what the simulator learns to tell later is not told here by itself. */
function masked({ at, appid, path, outcome }: Exchange) {
  return { at, appid, path, outcome: outcome.kind === 'session' ? maskedSession(outcome) : outcome };
}

function maskedSession({ openid, unionid }: { openid: string; unionid: string | null }) {
  return { kind: 'session', openid: mask(openid), unionid: unionid === null ? null : mask(unionid) };
}

/** Enough to recognise one's own. */
function mask(id: string): string {
  return id.length < 12 ? '…' : `${id.slice(0, 3)}…${id.slice(-4)}`;
}

/** Names that no stranger can point at this machine: those without a dot, and those that never leave a network. */
const OWN_NAME = /^[^.]+$|\.(localhost|local|internal|test)$/i;

/**
 * A page elsewhere must not log people in here: not by a request of its own (it has another Origin), and not by a name of
 * its own that it makes point at this machine (DNS rebinding: then Host is that name).
 */
async function refuseOtherPages({ headers, host, hostname }: FastifyRequest): Promise<void> {
  const { origin } = headers;
  const isOwnOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  const isOtherSite = !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined);
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isOwnOrigin && !isOtherSite && (isIP(name) !== 0 || OWN_NAME.test(name))) return;
  throw new AppError('BAD_REQUEST', { message: 'The simulator serves pages of this gateway, and programs.' });
}
