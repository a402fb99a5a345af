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
