import type { App } from '../../src/platforms/platform.js';
import type { OpenSharedStores, SharedStores } from './shared-stores.js';
import { type Answer, APP_SECRET, codeOf, type LoginOptions, type TestGateway } from './test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from './two-processes.js';

const app = (appid: string, tenant: string): App => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant });

/** Two mini-programs whose users are the same people, and one of somebody else. */
export const APPS = [app('wxone', 'default'), app('wxtwo', 'default'), app('wxelsewhere', 'elsewhere')];

const CONFIG = { apps: APPS, sessionsPerUser: 1000 };

/** Somebody who has logged in. */
export interface SignedIn {
  readonly token: string;
  readonly userId: string;
}

/** A row of `identities`, or of `users`: the same on both databases, but for the types of numbers. */
type Row = Readonly<Record<string, string | number | null>>;

/** What people do with their accounts, in two processes on the same stores. */
export interface AccountScene extends TwoProcesses {
  /** For the next test: nobody has ever logged in, and no fault is planned. Cheaper than two more processes. */
  empty(): Promise<void>;
  /** Any statement, without parameters. */
  ask<Found = Row>(text: string): Promise<Found[]>;
  /** With a fresh code. Fails the test when it is refused. */
  signIn(openid: string, appid?: string, gateway?: TestGateway): Promise<SignedIn>;
  /** With a fresh code. */
  logIn(openid: string, appid?: string, options?: LoginOptions & { gateway?: TestGateway }): Promise<Answer>;
  link(
    token: string | null,
    openid: string,
    appid: string,
    options?: { merge?: boolean; gateway?: TestGateway },
  ): Promise<Answer>;
  unlink(token: string, id: string, gateway?: TestGateway): Promise<Answer>;
  closeAccount(token: string, openid: string, gateway?: TestGateway): Promise<Answer>;
  updateProfile(token: string, input: Readonly<Record<string, unknown>>): Promise<Answer>;
  register(token: string, username: string): Promise<Answer>;
  logInWithPassword(username: string, openid: string, appid?: string, gateway?: TestGateway): Promise<Answer>;
  /** `openid@appid` of each of the user's identities, as they see it. */
  doors(token: string): Promise<string[]>;
  /** The id of the identity that has this openid in this app; empty when there is none. */
  identityId(openid: string, appid: string): Promise<string>;
  /** Whether each of these tokens is worth a viewer, in both processes. */
  live(...signedIn: readonly SignedIn[]): Promise<boolean[]>;
}

/** In the order in which they can be emptied. */
const TABLES = ['sessions', 'identities', 'users', 'login_claims', 'audit_events'];

export const PASSWORD = 'correct horse battery staple';

const mutation = (name: string, answer: string) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${name}(input: $input) { ${answer} } }`;
};
const WHO = 'viewer { user { id username nickname avatarUrl identities { id platform appid openid unionid } } }';
const LINK = mutation('linkIdentity', WHO);
const UNLINK = mutation('unlinkIdentity', WHO);
const UPDATE = mutation('updateProfile', WHO);
const CLOSE = mutation('closeAccount', 'closed');
const REGISTER = mutation('register', 'viewer { user { id } }');
const BY_PASSWORD = mutation('loginWithPassword', 'token viewer { openid user { id } }');

export async function startAccountScene(open: OpenSharedStores, config = {}): Promise<AccountScene> {
  const opened: SharedStores[] = [];
  const openOnce = async () => {
    const stores = await open();
    opened.push(stores);
    return stores;
  };
  const both = { ...CONFIG, ...config };
  const two = await startTwoProcesses({ p1: both, p2: both }, openOnce);
  const ask: AccountScene['ask'] = async (text) => (await opened[0]?.ask(text)) as never[];

  const logIn: AccountScene['logIn'] = (openid, appid = 'wxone', { gateway = two.p1, ...options } = {}) =>
    gateway.login(codeOf(openid), { appid, ...options });
  const send = (gateway: TestGateway, query: string, token: string | null, input: unknown) =>
    gateway.graphql(query, { variables: { input }, token });

  return {
    ...two,
    ask,
    empty: async () => {
      for (const gateway of [two.p1, two.p2]) {
        gateway.sqlFaults.clear();
        gateway.sessionFaults.clear();
      }
      for (const table of [...TABLES, opened[0]?.values]) await ask(`DELETE FROM ${table}`);
    },
    logIn,
    signIn: async (openid, appid, gateway = two.p1) => {
      const answer = await logIn(openid, appid, { gateway });
      if (answer.code !== null) throw new Error(`the login was refused: ${JSON.stringify(answer.body)}`);
      const { token, viewer } = answer.body.data.login;
      return { token, userId: viewer.user.id };
    },
    link: (token, openid, appid, { merge, gateway = two.p1 } = {}) => {
      // So that doors have an order.
      two.clock.advance(1);
      return send(gateway, LINK, token, { code: codeOf(openid), appid, ...(merge !== undefined && { merge }) });
    },
    unlink: (token, id, gateway = two.p1) => send(gateway, UNLINK, token, { id }),
    closeAccount: (token, openid, gateway = two.p1) => send(gateway, CLOSE, token, { code: codeOf(openid) }),
    updateProfile: (token, input) => send(two.p1, UPDATE, token, input),
    register: (token, username) => send(two.p1, REGISTER, token, { username, password: PASSWORD }),
    logInWithPassword: (username, openid, appid = 'wxone', gateway = two.p1) =>
      send(gateway, BY_PASSWORD, null, { code: codeOf(openid), appid, username, password: PASSWORD }),
    doors: async (token) => {
      const { body } = await two.p2.graphql('{ viewer { user { identities { openid appid } } } }', { token });
      return body.data.viewer.user.identities.map(({ openid, appid }: Row) => `${openid}@${appid}`);
    },
    identityId: async (openid, appid) => {
      const [row] = await ask(`SELECT id FROM identities WHERE openid = '${openid}' AND appid = '${appid}'`);
      return `${row?.id ?? ''}`;
    },
    live: async (...signedIn) => {
      const lives: boolean[] = [];
      for (const { token } of signedIn) {
        const codes = [(await two.p1.viewer(token)).code, (await two.p2.viewer(token)).code];
        if (codes[0] !== codes[1]) throw new Error(`two processes say ${codes} of one token`);
        if (codes[0] !== null && codes[0] !== 'UNAUTHENTICATED') throw new Error(`nobody knows: ${codes[0]}`);
        lives.push(codes[0] === null);
      }
      return lives;
    },
  };
}
