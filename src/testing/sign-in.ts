import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Viewer } from '../auth/viewer.js';
import type { SimulatedWechat } from '../simulator/index.js';
import { createSendGraphQL, type SendGraphQL } from './graphql.js';

export interface SignInOptions {
  /** @default the first app */
  appid?: string | undefined;
}

/** A person with a session. */
export interface SignedIn {
  /** Travels as `Authorization: Bearer`. */
  readonly token: string;
  /** Who they are, as the login answered. */
  readonly viewer: Viewer;
  /** Sends one operation with their token. */
  readonly graphql: SendGraphQL;
  /** Sends any request with their token, to a route of one's own, say. A text is the path of a GET. */
  inject(options: string | InjectOptions): Promise<LightMyRequestResponse>;
}

/** A login that the gateway refused. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  /** `extensions.code` of the answer: CODE_INVALID, USER_BLOCKED, RATE_LIMITED and the like. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/**
 * A whole login, as a phone makes it: `wx.login`, then the mutation through the front door. Somebody nobody has heard of
 * is a new person, and the same username again is the same person with one session more.
 *
 * @throws SignInRefused with the code of the refusal
 * @throws SimulatorMisuse when there is no such app, or the username is not of its form
 */
export type SignInAs = (username: string, options?: SignInOptions) => Promise<SignedIn>;

interface LoggedIn {
  readonly login: { readonly token: string; readonly viewer: AsJson<Viewer> };
}

/** Dates are texts on the wire. */
type AsJson<T> = { readonly [K in keyof T]: T[K] extends Date ? string : T[K] extends object ? AsJson<T[K]> : T[K] };

const LOG_IN = `mutation SignIn($code: String!, $appid: ID!) {
  login(input: { code: $code, appid: $appid }) {
    token
    viewer {
      openid unionid appid platform tenant
      user { id createdAt }
      session { id createdAt lastSeenAt expiresAt current platform appid ip device }
    }
  }
}`;

export function createSignInAs(app: FastifyInstance, wechat: SimulatedWechat): SignInAs {
  const sendAnonymously = createSendGraphQL(app, null);

  return async (username, { appid = wechat.appid } = {}) => {
    if (!wechat.users.some((user) => user.username === username)) wechat.addUser({ username });
    const code = wechat.code(username, { appid });
    const answer = await sendAnonymously<LoggedIn>(LOG_IN, { code, appid });
    if (answer.data === null) throw new SignInRefused(answer.code ?? 'UNKNOWN', answer.errors[0]?.message ?? '');
    const { token, viewer } = answer.data.login;
    const authorization = `Bearer ${token}`;
    return {
      token,
      viewer: withDates(viewer),
      graphql: createSendGraphQL(app, token),
      inject: async (options) => {
        const request = typeof options === 'string' ? { url: options } : options;
        return app.inject({ ...request, headers: { ...request.headers, authorization } });
      },
    };
  };
}

function withDates(viewer: AsJson<Viewer>): Viewer {
  const { user, session } = viewer;
  return {
    ...viewer,
    user: { ...user, createdAt: new Date(user.createdAt) },
    session: {
      ...session,
      createdAt: new Date(session.createdAt),
      lastSeenAt: new Date(session.lastSeenAt),
      expiresAt: new Date(session.expiresAt),
    },
  };
}
