import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalServer } from '../servers/local-server.js';
import { freshDatabase } from '../servers/postgres.js';
import { CAUSE_CANARY } from './faults.js';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import { type Answer, startTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';

/** Well again within this, once PostgreSQL is. */
const RECOVERY_MS = 20_000;

/** A gateway whose users and sessions are in a PostgreSQL that gets into trouble. */
export interface PostgresGateway extends TestGateway {
  readyStatus(): Promise<number>;
  /** Asks until it is answered well; until then SERVICE_UNAVAILABLE is the only answer there may be. */
  recovered(ask: () => Promise<Answer>): Promise<Answer>;
}

/** The URL of a PostgreSQL with a password that everything a gateway gives out is searched for. */
export function withCanary(url: string): string {
  return url.replace('//postgres@', `//postgres:${CAUSE_CANARY}@`);
}

/** What a configuration needs for users and sessions to be in this PostgreSQL. */
export function inPostgres(url: string) {
  const store = { kind: 'postgres', url: withCanary(url) } as const;
  return { databaseUrl: store, sessionStoreUrl: store };
}

export async function startPostgresGateway(url: string, options: TestGatewayOptions): Promise<PostgresGateway> {
  const gateway = await startTestGateway({ ...options, config: { ...inPostgres(url), ...options.config } });
  return {
    ...gateway,
    get logLines() {
      return gateway.logLines;
    },
    readyStatus: async () => (await gateway.running.app.inject({ url: '/readyz' })).statusCode,
    recovered: async (ask) => {
      const repairedAt = performance.now();
      for (;;) {
        const answer = await ask();
        if (answer.code === null) return answer;
        if (answer.code !== 'SERVICE_UNAVAILABLE')
          throw new Error(`answered ${answer.code} while PostgreSQL comes back`);
        if (performance.now() - repairedAt > RECOVERY_MS) throw new Error(`not well after ${RECOVERY_MS} ms`);
        await sleep(20);
      }
    },
    close: async () => {
      await gateway.close();
      const log = gateway.logLines.map((line) => JSON.stringify(line)).join('\n');
      if (/postgres(ql)?:\/\//.test(log) || log.includes(new URL(url).host)) throw new Error('its URL is in the log');
    },
  };
}

/** What one test breaks: one server for all of them, a database for each; what is opened here ends with the test. */
export interface PostgresScene {
  readonly wechat: StandInWechat;
  /** Of the database of this test. */
  readonly url: string;
  gateway(options?: Partial<TestGatewayOptions> & { readonly through?: string }): Promise<PostgresGateway>;
  /** Ends this with the rest. */
  add(close: () => Promise<void>): void;
  close(): Promise<void>;
}

export async function openPostgresScene(server: LocalServer): Promise<PostgresScene> {
  const [wechat, url] = [await startStandInWechat(), await freshDatabase(server)];
  const closers = [() => wechat.close()];
  return {
    wechat,
    url,
    gateway: async ({ through = url, ...options } = {}) => {
      const gateway = await startPostgresGateway(through, { wechatApiUrl: wechat.url, ...options });
      closers.push(() => gateway.close());
      return gateway;
    },
    add: (close) => void closers.push(close),
    close: async () => {
      const outcomes: PromiseSettledResult<void>[] = [];
      for (const close of closers.reverse()) outcomes.push(...(await Promise.allSettled([close()])));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}
