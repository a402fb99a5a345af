import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../src/config.js';
import { fetchJson } from '../../src/fetch-json.js';
import { composeGateway, type RunningGateway, type Seams } from '../../src/gateway.js';
import type { OwnParts } from '../../src/gateway-options.js';
import { CAUSE_CANARY, createFaults, type Faults, faultyDatabase, faultySessionStore } from './faults.js';
import { captureLog, type LogCapture } from './log-capture.js';

export { codeOf, freshRequestId } from './codes.js';

// Secrets that must appear nowhere. Every gateway of every test carries them, and every byte it gives out is searched.
export const APP_SECRET = 'CANARY-app-secret-5b1f09';
export const SECRET_KEY_BASE64 = Buffer.from('CANARY-server-key-32-bytes-long!').toString('base64');
const SECRET_KEY = Buffer.from('CANARY-server-key-32-bytes-long!');
export const APPID = 'wxtest0000000001';
const SESSION_KEY_START = 'SessionKey00';
const STANDING_CANARIES = [
  APP_SECRET,
  SECRET_KEY.toString('base64'),
  SECRET_KEY.toString(),
  SESSION_KEY_START,
  CAUSE_CANARY,
];

export interface TestClock {
  now(): number;
  advance(ms: number): void;
}

export function createTestClock(at = Date.UTC(2026, 0, 1)): TestClock {
  let now = at;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Json;
  /** `extensions.code` of the first error, or null. */
  readonly code: string | null;
}

export interface TestGateway {
  readonly running: RunningGateway;
  readonly clock: TestClock;
  readonly sessionFaults: Faults;
  readonly sqlFaults: Faults;
  readonly logLines: Record<string, Json>[];
  /** Every token, code and requestId that went through here, and what the platform has told it in confidence. */
  readonly secrets: ReadonlySet<string>;
  graphql(
    query: string,
    options?: { variables?: unknown; token?: string | null; headers?: Record<string, string> },
  ): Promise<Answer>;
  login(code: string, options?: LoginOptions): Promise<Answer>;
  /** Logs in and gives the token; fails the test when it was refused. */
  tokenFor(code: string, options?: LoginOptions): Promise<string>;
  viewer(token: string | null): Promise<Answer>;
  logout(token: string | null): Promise<Answer>;
  close(): Promise<void>;
}

export interface LoginOptions {
  requestId?: string;
  appid?: string;
  token?: string | null;
}

export interface TestGatewayOptions {
  /** Where its WeChat is. */
  wechatApiUrl: string;
  /** Stores in this folder's SQLite file, as two processes share one; without it everything is in memory. */
  dataDir?: string;
  clock?: TestClock;
  config?: Partial<Config>;
  /** What a back-end developer puts into it. */
  own?: OwnParts;
  seams?: Seams;
}

const LOGIN = `mutation LogIn($input: LoginInput!) {
  login(input: $input) { token expiresAt isNewUser viewer { openid unionid appid platform tenant user { id createdAt } session { id createdAt expiresAt } } }
}`;
const VIEWER = '{ viewer { openid unionid appid user { id } session { id lastSeenAt expiresAt } } }';

/** A whole gateway without a port, with a clock of its own, stores that fail when told to, and canaries everywhere. */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const clock = options.clock ?? createTestClock();
  const sessionFaults = createFaults();
  const sqlFaults = createFaults();
  const secrets = new Set<string>();
  const failures: Failure[] = [];
  const captured = captureLog();
  const running = await composeGateway(testConfig(options), {
    now: clock.now,
    logDestination: captured.destination,
    wrapSessionStore: faultySessionStore(sessionFaults),
    wrapDatabase: faultyDatabase(sqlFaults),
    sweepEveryMs: null,
    ...options.own,
    ...options.seams,
    fetchJson: confiding(secrets, options.seams?.fetchJson),
  });

  async function graphql(
    query: string,
    {
      variables,
      token,
      headers,
    }: { variables?: unknown; token?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await running.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      payload: { query, ...(variables === undefined ? {} : { variables }) },
    });
    if (token) secrets.add(token);
    const body = response.json();
    const issued: unknown = body?.data?.login?.token;
    if (typeof issued === 'string') secrets.add(issued);
    const given = `${response.body} ${JSON.stringify(response.headers)}`;
    searchForSecrets('an answer', typeof issued === 'string' ? given.replaceAll(issued, '') : given, secrets);
    const codes = (body?.errors ?? []).map((error: Json) => error.extensions?.code);
    if (codes.length > 0) failures.push({ requestId: response.headers['x-request-id'], codes });
    return {
      status: response.statusCode,
      headers: response.headers,
      body,
      code: body?.errors?.[0]?.extensions?.code ?? null,
    };
  }

  const login: TestGateway['login'] = (code, { requestId, appid, token = null } = {}) => {
    secrets.add(code);
    if (requestId !== undefined) secrets.add(requestId);
    return graphql(LOGIN, {
      variables: {
        input: { code, ...(requestId === undefined ? {} : { requestId }), ...(appid === undefined ? {} : { appid }) },
      },
      token,
    });
  };

  return {
    running,
    clock,
    sessionFaults,
    sqlFaults,
    secrets,
    get logLines() {
      return captured.lines();
    },
    graphql,
    login,
    tokenFor: async (code, loginOptions) => {
      const answer = await login(code, loginOptions);
      const token: unknown = answer.body.data?.login?.token;
      if (typeof token !== 'string') throw new Error(`the login was refused: ${JSON.stringify(answer.body)}`);
      return token;
    },
    viewer: (token) => graphql(VIEWER, { token }),
    logout: (token) => graphql('mutation { logout { ended } }', { token }),
    close: async () => {
      await running.close();
      checkLogged(failures, captured);
      searchForSecrets('the log', captured.text(), secrets);
      searchForSecrets('a metric', await running.metricsText(), secrets);
    },
  };
}

/** What a platform answers, of which tokens and keys are secrets from then on. */
function confiding(secrets: Set<string>, ask = fetchJson): typeof fetchJson {
  return async (request) => {
    const answer = await ask(request);
    const { access_token: token, session_key: key } = Object(answer.body);
    for (const secret of [token, key]) if (typeof secret === 'string' && secret.length >= 16) secrets.add(secret);
    return answer;
  };
}

interface Failure {
  readonly requestId: unknown;
  readonly codes: readonly unknown[];
}

/** Every failure leaves one line that an operator finds by the id the client has: with its code and the class of its cause. */
function checkLogged(failures: readonly Failure[], logged: LogCapture): void {
  const linesOf = new Map<unknown, Json[]>();
  for (const line of logged.lines()) {
    if ('code' in line) linesOf.set(line.requestId, [...(linesOf.get(line.requestId) ?? []), line]);
  }
  for (const { requestId, codes } of failures) {
    const lines = linesOf.get(requestId) ?? [];
    const [line] = lines;
    if (lines.length === 1 && codes.includes(line.code) && typeof line.causeClass === 'string') continue;
    throw new Error(
      `${codes} left ${lines.length} log lines instead of one with its code and cause: ${JSON.stringify(lines)}`,
    );
  }
}

/** A configuration that reads nothing of this machine's environment. */
export function testConfig({ wechatApiUrl, dataDir, config }: TestGatewayOptions): Config {
  const env = {
    NODE_ENV: 'test',
    WECHAT_APPID: APPID,
    WECHAT_SECRET: APP_SECRET,
    WECHAT_API_URL: wechatApiUrl,
    SECRET_KEYS: SECRET_KEY.toString('base64'),
    PORT: '0',
    LOGIN_LIMIT_PER_IP: 'off',
    // Tests plan the calls of stores in order.
    SESSION_CACHE: '0',
    DATABASE_URL: dataDir === undefined ? 'memory:' : 'sqlite:',
    SESSION_STORE_URL: dataDir === undefined ? 'memory:' : 'sqlite:',
    DATA_DIR: dataDir ?? '.',
  };
  const readFile = () => {
    throw new Error('no file is read in tests');
  };
  return { ...loadConfig({ env, cwd: process.cwd(), readFile }).config, ...config };
}

export function searchForSecrets(where: string, text: string, secrets: Iterable<string> = []): void {
  for (const secret of [...STANDING_CANARIES, ...secrets]) {
    if (text.includes(secret)) throw new Error(`a secret was found in ${where}: ${secret.slice(0, 6)}...`);
  }
}

export interface TempDir {
  readonly path: string;
  remove(): void;
}

export function makeTempDir(): TempDir {
  const path = mkdtempSync(join(tmpdir(), 'menjin-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
