import type { Config } from '../../src/config.js';
import type { App } from '../../src/platforms/platform.js';
import { createFastHasher, type FastHasher } from './fast-hasher.js';
import type { OpenSharedStores, SharedStores } from './shared-stores.js';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import {
  type Answer,
  APP_SECRET,
  APPID,
  codeOf,
  createTestClock,
  searchForSecrets,
  startTestGateway,
  type TestGateway,
} from './test-gateway.js';

/** Passwords of tests: canaries, too. */
export const PASSWORD = 'CANARY correct horse 7';
export const OTHER_PASSWORD = 'CANARY battery staple 8';

export const OTHER_APPID = 'wxother000000001';

/** An app of the tenant of all tests, and one of another. */
export const TWO_TENANTS: readonly App[] = [
  { platform: 'WECHAT', appid: APPID, secrets: [APP_SECRET], tenant: 'default' },
  { platform: 'WECHAT', appid: OTHER_APPID, secrets: [APP_SECRET], tenant: 'other' },
];

const REGISTER =
  'mutation Register($input: RegisterInput!) { register(input: $input) { viewer { openid user { id } } } }';
const LOG_IN = `mutation LogIn($input: LoginWithPasswordInput!) {
  login: loginWithPassword(input: $input) { token expiresAt isNewUser viewer { openid appid tenant user { id createdAt } session { id } } }
}`;
const CHANGE = 'mutation Change($input: ChangePasswordInput!) { changePassword(input: $input) { sessionsEnded } }';

export interface PasswordLogin {
  readonly username?: string;
  readonly password?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly appid?: string;
  readonly link?: boolean;
}

/** What the people of a test do with passwords. Whatever they type is searched for in everything that is given out. */
export function passwordsOf(gateway: TestGateway) {
  const secrets = gateway.secrets as Set<string>;

  /** @param from an address, for a gateway that trusts its proxy */
  async function send(query: string, input: object, { token, from }: { token?: string; from?: string | undefined }) {
    for (const text of Object.values(input)) if (`${text}`.startsWith('CANARY')) secrets.add(text);
    const headers = from === undefined ? {} : { 'x-forwarded-for': from };
    return gateway.graphql(query, { variables: { input }, headers, ...(token === undefined ? {} : { token }) });
  }

  return {
    register: (token: string, username: string, password = PASSWORD, from?: string): Promise<Answer> =>
      send(REGISTER, { username, password }, { token, from }),
    /** From a phone of this openid. */
    logIn: (openid: string, login: PasswordLogin = {}, from?: string): Promise<Answer> => {
      const { username = 'alice', password = PASSWORD, code = codeOf(openid), ...rest } = login;
      secrets.add(code);
      if (login.requestId !== undefined) secrets.add(login.requestId);
      return send(LOG_IN, { code, username, password, ...rest }, { from });
    },
    change: (token: string, currentPassword: string, newPassword: string, from?: string): Promise<Answer> =>
      send(CHANGE, { currentPassword, newPassword }, { token, from }),
  };
}

/** What is the same or not of two refusals. */
export function refusalIn({ status, headers, body }: Answer): unknown {
  const { 'x-request-id': _, date: __, ...same } = headers;
  return { status, body, headers: same };
}

/** People with passwords: gateways that share their stores and a fast hasher, and believe X-Forwarded-For. */
export interface AccountScene {
  readonly wechat: StandInWechat;
  readonly stores: SharedStores;
  readonly hasher: FastHasher;
  readonly gateway: TestGateway;
  /** One more process on the same stores. */
  join(config?: Partial<Config>): Promise<TestGateway>;
  /** Somebody who has logged in by code, and registered under the same name. */
  registered(openid?: string): Promise<{ readonly token: string; readonly userId: string }>;
  /** The id of the token's user, or the code of the refusal. */
  userOf(token: string): Promise<string>;
  /** What was written down, with the fields that all events have and those of their type. */
  eventsOf(type: string): Promise<Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function openAccountScene(open: OpenSharedStores): Promise<AccountScene> {
  const wechat = await startStandInWechat();
  const stores = await open();
  const hasher = createFastHasher();
  const clock = createTestClock();
  const gateways: TestGateway[] = [];

  async function join(config: Partial<Config> = {}): Promise<TestGateway> {
    const started = await startTestGateway({
      ...{ wechatApiUrl: wechat.url, clock, seams: { passwordHasher: hasher } },
      config: { ...stores.config, trustProxy: 1, ...config },
    });
    gateways.push(started);
    return started;
  }
  const gateway = await join();

  return {
    ...{ wechat, stores, hasher, gateway, join },
    registered: async (openid = 'alice') => {
      const token = await gateway.tokenFor(codeOf(openid));
      const answer = await passwordsOf(gateway).register(token, openid);
      return { token, userId: answer.body.data.register.viewer.user.id };
    },
    userOf: async (token) => {
      const answer = await gateway.viewer(token);
      return answer.code ?? answer.body.data.viewer.user.id;
    },
    eventsOf: async (type) => {
      const rows = await stores.ask<{ user_id: string | null; details: string; appid: string | null }>(
        `SELECT * FROM audit_events WHERE type = '${type}' ORDER BY at, id`,
      );
      return rows.map((row) => ({ userId: row.user_id, appid: row.appid, ...JSON.parse(row.details) }));
    },
    close: async () => {
      const stored = await stores.texts();
      for (const each of gateways) {
        await each.close();
        for (const text of stored) searchForSecrets('a store', text, each.secrets);
      }
      await stores.close();
      await wechat.close();
    },
  };
}
