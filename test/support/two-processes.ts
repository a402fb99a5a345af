import { type OpenSharedStores, openSqliteStores } from './shared-stores.js';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import {
  createTestClock,
  searchForSecrets,
  startTestGateway,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
} from './test-gateway.js';

/** Two gateways on the same stores, each with connections of its own, as two processes have. */
export interface TwoProcesses {
  readonly wechat: StandInWechat;
  readonly clock: TestClock;
  readonly p1: TestGateway;
  readonly p2: TestGateway;
  /** How many sessions of SQL are in this state. */
  count(state: 'opening' | 'open' | 'ended'): Promise<number>;
  countOf(table: 'users' | 'identities' | 'sessions' | 'login_claims' | 'values'): Promise<number>;
  /** Values of the session store that belong to no row of SQL. */
  valuesWithoutRow(): Promise<number>;
  /** What a merge will do: the identity of this openid belongs to a new user. */
  moveIdentity(openid: string): Promise<void>;
  /** One more process on the same stores. */
  join(config?: TestGatewayOptions['config']): Promise<TestGateway>;
  close(): Promise<void>;
}

export async function startTwoProcesses(
  config: { p1?: TestGatewayOptions['config']; p2?: TestGatewayOptions['config'] } = {},
  open: OpenSharedStores = openSqliteStores,
): Promise<TwoProcesses> {
  const wechat = await startStandInWechat();
  const stores = await open();
  const clock = createTestClock();
  const started: TestGateway[] = [];

  async function join(gatewayConfig: TestGatewayOptions['config'] = {}): Promise<TestGateway> {
    const gateway = await startTestGateway({
      wechatApiUrl: wechat.url,
      clock,
      config: { ...stores.config, ...gatewayConfig },
    });
    started.push(gateway);
    return gateway;
  }

  const p1 = await join(config.p1);
  const p2 = await join(config.p2);
  const count = async (from: string) =>
    Number((await stores.ask<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]?.n);

  return {
    wechat,
    clock,
    p1,
    p2,
    count: (state) => count(`sessions WHERE state = '${state}'`),
    countOf: (table) => count(table === 'values' ? stores.values : table),
    valuesWithoutRow: () => count(`${stores.values} WHERE key NOT IN (SELECT 'session:' || token_hash FROM sessions)`),
    moveIdentity: async (openid) => {
      await stores.ask("INSERT INTO users (id, tenant, created_at) VALUES ('survivor', 'default', 0)");
      await stores.ask(`UPDATE identities SET user_id = 'survivor' WHERE openid = '${openid}'`);
    },
    join,
    close: async () => {
      const stored = await stores.texts();
      for (const gateway of started) {
        await gateway.close();
        for (const text of stored) searchForSecrets('a store', text, gateway.secrets);
      }
      await stores.close();
      await wechat.close();
    },
  };
}
