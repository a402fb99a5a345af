import { setTimeout as sleep } from 'node:timers/promises';
import { CAUSE_CANARY } from './faults.js';
import { type Answer, startTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';

/** A password of Redis that everything a gateway gives out is searched for. */
export const REDIS_PASSWORD = CAUSE_CANARY;

/** Whatever Redis does, a request is answered within this: the deadline is 1 s, machines differ, and what has none takes minutes. */
const ANSWER_MS = 10_000;
/** And well again within this, once Redis is: it takes a second or two. */
const RECOVERY_MS = 20_000;

/** A gateway whose sessions are in a Redis that gets into trouble. Throws when an answer comes too late. */
export interface RedisGateway extends TestGateway {
  readyStatus(): Promise<number>;
  /** Asks until it is answered well; until then SERVICE_UNAVAILABLE is the only answer there may be. */
  recovered(ask: () => Promise<Answer>): Promise<Answer>;
  /** What the log says of the connection, in order. */
  outages(): ('lost' | 'back')[];
  /** The same, of what it says from now on. */
  outagesFromNow(): () => ('lost' | 'back')[];
}

const OUTAGE_LINES: Readonly<Record<string, 'lost' | 'back'>> = {
  'Redis does not answer': 'lost',
  'Redis answers again': 'back',
};

/** Resolves when Redis has answered; with `waits: false` at once. */
export async function startRedisGateway(
  url: string,
  { waits = true, ...options }: TestGatewayOptions & { waits?: boolean },
): Promise<RedisGateway> {
  // So high that it refuses nobody: the limiter asks the same Redis.
  const loginLimitPerIp = { count: 1_000_000, windowSeconds: 60 };
  const config = { loginLimitPerIp, ...options.config, sessionStoreUrl: { kind: 'redis', url } as const };
  const startedAt = performance.now();
  const gateway = await startTestGateway({ ...options, config });
  inTime(startedAt, 'the start');

  async function timed(work: () => Promise<Answer>): Promise<Answer> {
    const askedAt = performance.now();
    const answer = await work();
    inTime(askedAt, 'an answer');
    refuseAddress('an answer', JSON.stringify([answer.headers, answer.body]));
    return answer;
  }

  async function readyStatus(): Promise<number> {
    const askedAt = performance.now();
    const response = await gateway.running.app.inject({ url: '/readyz' });
    inTime(askedAt, 'an answer of /readyz');
    return response.statusCode;
  }

  const giveUpAt = performance.now() + RECOVERY_MS;
  while (waits && (await readyStatus()) !== 200) {
    if (performance.now() > giveUpAt) throw new Error('the gateway did not become ready');
    await sleep(10);
  }

  const outages = () => gateway.logLines.flatMap((line) => OUTAGE_LINES[line.msg] ?? []);

  return {
    ...gateway,
    get logLines() {
      return gateway.logLines;
    },
    graphql: (query, asked) => timed(() => gateway.graphql(query, asked)),
    login: (code, asked) => timed(() => gateway.login(code, asked)),
    viewer: (token) => timed(() => gateway.viewer(token)),
    logout: (token) => timed(() => gateway.logout(token)),
    readyStatus,
    recovered: async (ask) => {
      const repairedAt = performance.now();
      for (;;) {
        const answer = await ask();
        if (answer.code === null) return answer;
        if (answer.code !== 'SERVICE_UNAVAILABLE') throw new Error(`answered ${answer.code} while Redis comes back`);
        if (performance.now() - repairedAt > RECOVERY_MS) throw new Error(`not well after ${RECOVERY_MS} ms`);
        await sleep(20);
      }
    },
    outages,
    outagesFromNow: () => {
      const before = outages().length;
      return () => outages().slice(before);
    },
    close: async () => {
      await gateway.close();
      refuseAddress('the log', gateway.logLines.map((line) => JSON.stringify(line)).join('\n'));
    },
  };

  function refuseAddress(where: string, text: string): void {
    if (/rediss?:\/\//.test(text) || text.includes(new URL(url).host)) throw new Error(`Redis's URL is in ${where}`);
  }
}

/** The token of a login that was acknowledged; else ''. */
export function tokenIn(answer: Answer): string {
  return answer.body.data?.login?.token ?? '';
}

export function openidIn(answer: Answer): unknown {
  return answer.body.data?.viewer?.openid;
}

function inTime(startedAt: number, what: string): void {
  const ms = Math.round(performance.now() - startedAt);
  if (ms > ANSWER_MS) throw new Error(`${what} took ${ms} ms`);
}
