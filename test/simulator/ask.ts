import { afterEach, expect } from '@jest/globals';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.js';

const running: Simulator[] = [];

/** Closed after the test. */
export async function start(options?: SimulatorOptions): Promise<Simulator> {
  const simulator = await createSimulator(options);
  running.push(simulator);
  return simulator;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

export type QueryChanges = Readonly<Record<string, string | null>>;

export function exchangeUrl(simulator: Simulator, code: string, changes: QueryChanges = {}): URL {
  const url = new URL('/sns/jscode2session', simulator.url);
  const query = {
    appid: simulator.appid,
    secret: simulator.secret,
    js_code: code,
    grant_type: 'authorization_code',
    ...changes,
  };
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, value);
  return url;
}

export async function get(url: URL, init?: RequestInit) {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain');
  return JSON.parse(await response.text());
}

export async function exchange(simulator: Simulator, code: string, changes?: QueryChanges) {
  return get(exchangeUrl(simulator, code, changes));
}

export function userOf(simulator: Simulator, username: string) {
  const user = simulator.users.find((each) => each.username === username);
  if (user === undefined) throw new Error(`there is no user ${username}`);
  return user;
}

export interface Sent {
  readonly query?: QueryChanges;
  /** JSON, unless it is a text; without one it is a GET. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the simulator answers to one call of an API. */
export async function call(simulator: Simulator, path: string, { query = {}, body, headers = {} }: Sent = {}) {
  const url = new URL(path, simulator.url);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, value);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return get(url, body === undefined ? { headers } : { method: 'POST', body: text, headers });
}

/** What stable_token answers to this app. */
export async function stableToken(simulator: Simulator, changes: Readonly<Record<string, unknown>> = {}) {
  const { appid, secret } = simulator;
  const body = { grant_type: 'client_credential', appid, secret, ...changes };
  return call(simulator, '/cgi-bin/stable_token', { body });
}

/** A call in the name of the first app. */
export async function callAsApp(simulator: Simulator, path: string, { query, ...sent }: Sent = {}) {
  const { access_token } = await stableToken(simulator);
  return call(simulator, path, { ...sent, query: { access_token, ...query } });
}

/** A clock that stands still until it is moved. */
export function createClock(startMs = Date.UTC(2026, 0, 1)) {
  let timeMs = startMs;
  return {
    now: () => timeMs,
    passSeconds: (seconds: number) => {
      timeMs += seconds * 1000;
    },
  };
}
