import http from 'node:http';
import { answerCommands } from '../../support/child-side.js';
import { codeOf, freshRequestId } from '../../support/codes.js';
import { type Reply, type Request, send } from './post-graphql.js';

// People with phones, in a process of their own: what they do takes no time from the gateway or from WeChat.

export interface Traffic {
  readonly url: string;
  /** Those who look at their viewer have logged in with these. */
  readonly codes: readonly string[];
  readonly viewersPerSecond: number;
  readonly loginsPerSecond: number;
  readonly withRequestId: boolean;
  /** Three of four logins come from one address, as behind the NAT of a carrier. */
  readonly fromOneAddress: boolean;
}

/** A request that was answered. Times are in ms since 1970. */
export interface Answered {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly tookMs: number;
  readonly status: number;
  /** The error's; null when there is none. */
  readonly code: string | null;
  readonly retryAfterSeconds: number | null;
  /** A login that got a token, or a viewer who is who they should be. */
  readonly isGood: boolean;
  readonly isCrowd: boolean;
}

export interface Answers {
  readonly viewers: readonly Answered[];
  readonly logins: readonly Answered[];
}

const PEOPLE = 500;
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }';
const VIEWER = '{ viewer { openid } }';
const viewers: Answered[] = [];
const logins: Answered[] = [];
let residents: readonly Resident[] = [];
const underWay = new Set<Promise<unknown>>();
const waiting = new Set<(answered: Answered) => void>();
// A client that keeps a connection as long as the server does sends into one that is just being ended.
const patience = { keepAlive: true, timeout: 30_000 };
// Logins that hang occupy connections; a viewer must not wait for one of those.
const agents = { viewer: new http.Agent(patience), login: new http.Agent(patience) };
let timers: { stop(): void }[] = [];
let failure: unknown = null;
let asked = 0;

interface Resident {
  readonly openid: string;
  readonly token: string;
}

async function ask(url: string, request: Request, isGood: (reply: Reply) => boolean, isCrowd = false) {
  const sentAt = Date.now();
  const startedAt = performance.now();
  const reply = await send(url, request);
  const { code = null, retryAfterSeconds = null } = reply.body.errors?.[0]?.extensions ?? {};
  const tookMs = performance.now() - startedAt;
  const { status } = reply;
  return { sentAt, answeredAt: Date.now(), tookMs, status, code, retryAfterSeconds, isGood: isGood(reply), isCrowd };
}

async function view({ url }: Traffic): Promise<void> {
  const { openid, token } = residents[asked % residents.length] as Resident;
  const headers = { authorization: `Bearer ${token}` };
  const request = { agent: agents.viewer, headers, body: { query: VIEWER } };
  const isGood = ({ status, body }: Reply) => status === 200 && body.data?.viewer?.openid === openid;
  viewers.push(await ask(url, request, isGood));
}

async function moveIn(url: string, code: string): Promise<Resident> {
  const request = { agent: agents.login, headers: {}, body: { query: LOGIN, variables: { input: { code } } } };
  const { body } = await send(url, request);
  return { openid: code.split('.')[0] ?? '', token: body.data.login.token };
}

async function logIn({ url, withRequestId, fromOneAddress }: Traffic): Promise<void> {
  const isCrowd = fromOneAddress && asked % 4 !== 0;
  const address = isCrowd ? '203.0.113.1' : `198.18.${(asked >> 8) % 256}.${asked % 256}`;
  const input = { code: codeOf(`person-${asked % PEOPLE}`), ...(withRequestId && { requestId: freshRequestId() }) };
  const headers: Record<string, string> = fromOneAddress ? { 'x-forwarded-for': address } : {};
  const request = { agent: agents.login, headers, body: { query: LOGIN, variables: { input } } };
  const isGood = ({ body }: Reply) => typeof body.data?.login?.token === 'string';
  const answered = await ask(url, request, isGood, isCrowd);
  logins.push(answered);
  for (const listener of waiting) listener(answered);
}

/**
 * Calls as often as asked for, whatever becomes of the calls, at times that do not depend on each other: else one kind
 * of request would always come right behind the other.
 */
function atRandomTimes(perSecond: number, call: () => Promise<void>): { stop(): void } {
  let nextAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    while (nextAt <= performance.now()) {
      nextAt += (-Math.log(1 - Math.random()) * 1000) / perSecond;
      asked += 1;
      const called: Promise<unknown> = call()
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => underWay.delete(called));
      underWay.add(called);
    }
    timer = setTimeout(tick, nextAt - performance.now());
  };
  if (perSecond > 0) tick();
  return { stop: () => clearTimeout(timer) };
}

function pause(): void {
  for (const timer of timers) timer.stop();
  timers = [];
}

// A server and timers would keep it alive.
process.once('disconnect', () => process.exit());

answerCommands({
  /** From now on, in place of what was before. */
  send: async (traffic: Traffic) => {
    pause();
    if (residents.length === 0) {
      residents = await Promise.all(traffic.codes.map((code) => moveIn(traffic.url, code)));
    }
    timers = [
      atRandomTimes(traffic.viewersPerSecond, () => view(traffic)),
      atRandomTimes(traffic.loginsPerSecond, () => logIn(traffic)),
    ];
  },
  /** When the next good login is answered; null when none is within this time. */
  nextGoodLogin: (timeoutMs: number) =>
    new Promise<number | null>((resolve) => {
      const end = (at: number | null) => {
        waiting.delete(listener);
        clearTimeout(timer);
        resolve(at);
      };
      const listener = (answered: Answered) => {
        if (answered.isGood) end(answered.answeredAt);
      };
      const timer = setTimeout(() => end(null), timeoutMs);
      waiting.add(listener);
    }),
  /** Everything that was asked and answered, when the last answer has come. Fails when a request got none. */
  stop: async () => {
    pause();
    await Promise.all(underWay);
    if (failure !== null) throw failure;
    return { viewers, logins } satisfies Answers;
  },
});
