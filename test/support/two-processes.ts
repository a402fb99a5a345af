import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import {
  createTestClock,
  makeTempDir,
  searchForSecrets,
  startTestGateway,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
} from './test-gateway.js';

/** Two gateways on one SQLite file, each with connections of its own, as two processes have. */
export interface TwoProcesses {
  readonly wechat: StandInWechat;
  readonly clock: TestClock;
  readonly p1: TestGateway;
  readonly p2: TestGateway;
  /** How many sessions of SQL are in this state. */
  count(state: 'opening' | 'open' | 'ended'): number;
  countOf(table: 'users' | 'identities' | 'sessions' | 'login_claims' | 'keyv'): number;
  /** Values of the session store that belong to no row of SQL. */
  valuesWithoutRow(): number;
  /** What a merge will do: the identity of this openid belongs to a new user. */
  moveIdentity(openid: string): void;
  /** One more process on the same file. */
  join(config?: TestGatewayOptions['config']): Promise<TestGateway>;
  close(): Promise<void>;
}

export async function startTwoProcesses(
  config: { p1?: TestGatewayOptions['config']; p2?: TestGatewayOptions['config'] } = {},
): Promise<TwoProcesses> {
  const wechat = await startStandInWechat();
  const dir = makeTempDir();
  const clock = createTestClock();
  const started: TestGateway[] = [];

  async function join_(gatewayConfig: TestGatewayOptions['config'] = {}): Promise<TestGateway> {
    const gateway = await startTestGateway({
      wechatApiUrl: wechat.url,
      dataDir: dir.path,
      clock,
      config: gatewayConfig,
    });
    started.push(gateway);
    return gateway;
  }

  const p1 = await join_(config.p1);
  const p2 = await join_(config.p2);
  const file = new Libsql(join(dir.path, 'menjin.db'));
  const scalar = (sql: string, parameters: string[] = []) => (file.prepare(sql).get(parameters) as { n: number }).n;

  return {
    wechat,
    clock,
    p1,
    p2,
    count: (state) => scalar('SELECT count(*) AS n FROM sessions WHERE state = ?', [state]),
    countOf: (table) => scalar(`SELECT count(*) AS n FROM ${table}`),
    valuesWithoutRow: () =>
      scalar("SELECT count(*) AS n FROM keyv WHERE key NOT IN (SELECT 'session:' || token_hash FROM sessions)"),
    moveIdentity: (openid) => {
      file.prepare("INSERT INTO users (id, tenant, created_at) VALUES ('survivor', 'default', 0)").run([]);
      file.prepare("UPDATE identities SET user_id = 'survivor' WHERE openid = ?").run([openid]);
    },
    join: join_,
    close: async () => {
      file.close();
      const stored = readdirSync(dir.path).map((name) => readFileSync(join(dir.path, name), 'latin1'));
      for (const gateway of started) {
        await gateway.close();
        for (const text of stored) searchForSecrets('a file', text, gateway.secrets);
      }
      await wechat.close();
      dir.remove();
    },
  };
}
