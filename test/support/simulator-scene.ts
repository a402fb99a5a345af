import type { OwnParts } from '../../src/gateway-options.js';
import type { App } from '../../src/platforms/platform.js';
import { createSimulator, type SimulatedUserOptions, type Simulator } from '../../src/simulator/index.js';
import { type OpenSharedStores, openSqliteStores, type SharedStores } from './shared-stores.js';
import {
  type Answer,
  APP_SECRET,
  APPID,
  createTestClock,
  searchForSecrets,
  startTestGateway,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
} from './test-gateway.js';

export const OTHER_APPID = 'wxtest0000000002';

const APPS: readonly App[] = [APPID, OTHER_APPID].map((appid) => ({
  ...{ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' },
}));

/** A person of the simulator who has logged in. */
export interface Person {
  /** What the simulator calls them. */
  readonly username: string;
  readonly openid: string;
  readonly userId: string;
  readonly token: string;
}

export interface SendOptions {
  readonly token?: string | null;
  readonly gateway?: TestGateway;
}

/** Gateways on the same stores, and the whole WeChat of the simulator. */
export interface SimulatorScene {
  readonly simulator: Simulator;
  readonly clock: TestClock;
  readonly stores: SharedStores;
  /** The first one. */
  readonly gateway: TestGateway;
  /** One more on the same stores. */
  join(config?: TestGatewayOptions['config'], own?: OwnParts): Promise<TestGateway>;
  /** Logs in somebody whom nobody knows, or who is named. */
  signIn(
    options?: Partial<SimulatedUserOptions> & { readonly appid?: string; readonly gateway?: TestGateway },
  ): Promise<Person>;
  /** Where `username` is who taps: a secret from then on. */
  phoneCode(username: string, appid?: string): string;
  loginCode(username: string, appid?: string): string;
  /** A mutation with one input. */
  send(field: string, input: object, answer: string, options?: SendOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** @param only one app: nobody needs to name it */
export async function openSimulatorScene(
  options: { config?: TestGatewayOptions['config']; own?: OwnParts; open?: OpenSharedStores; apps?: 1 | 2 } = {},
): Promise<SimulatorScene> {
  const { open = openSqliteStores, apps: count = 1 } = options;
  const clock = createTestClock();
  const apps = APPS.slice(0, count);
  const simulator = await createSimulator({
    apps: apps.map(({ appid }) => ({ appid, secret: APP_SECRET })),
    now: clock.now,
  });
  const stores = await open();
  const gateways: TestGateway[] = [];
  const codes = new Set<string>();
  let people = 0;

  async function join(config: TestGatewayOptions['config'] = {}, own: OwnParts = {}): Promise<TestGateway> {
    const started = await startTestGateway({
      ...{ wechatApiUrl: simulator.url, clock, own },
      config: { ...stores.config, apps, ...config },
    });
    gateways.push(started);
    return started;
  }
  const gateway = await join(options.config, options.own);

  function secret(code: string): string {
    codes.add(code);
    for (const each of gateways) (each.secrets as Set<string>).add(code);
    return code;
  }

  return {
    ...{ simulator, clock, stores, gateway, join },
    signIn: async ({ username: named, appid = APPID, gateway: at = gateway, ...user } = {}) => {
      people += 1;
      const username = named ?? `person-${people}`;
      if (simulator.users.every((each) => each.username !== username)) simulator.addUser({ ...user, username });
      const { body } = await at.login(simulator.code(username, { appid }), { appid });
      if (body.data?.login == null) throw new Error(`the login was refused: ${JSON.stringify(body)}`);
      const { token, viewer } = body.data.login;
      return { username, openid: viewer.openid, userId: viewer.user.id, token };
    },
    phoneCode: (username, appid = APPID) => secret(simulator.phoneCode(username, { appid })),
    loginCode: (username, appid = APPID) => secret(simulator.code(username, { appid })),
    send: (field, input, answer, { token = null, gateway: at = gateway } = {}) => {
      const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${answer} } }`;
      return at.graphql(query, { variables: { input }, token });
    },
    close: async () => {
      const stored = await stores.texts();
      const numbers = simulator.users.flatMap(({ phoneNumber }) => phoneNumber?.purePhoneNumber ?? []);
      for (const each of gateways) {
        for (const code of codes) (each.secrets as Set<string>).add(code);
        await each.close();
        for (const text of stored) searchForSecrets('a store', text, each.secrets);
        // Answered to whose they are, and kept.
        const given = [JSON.stringify(each.logLines), await each.running.metricsText()];
        for (const text of given) searchForSecrets('the log or a metric', text, numbers);
      }
      await stores.close();
      await simulator.close();
    },
  };
}
