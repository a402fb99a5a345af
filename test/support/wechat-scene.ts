import { fetchJson } from '../../src/fetch-json.js';
import { createSimulator, type SealedOpenData, type Simulator } from '../../src/simulator/index.js';
import { createFaults, type Faults } from './faults.js';
import {
  APP_SECRET,
  APPID,
  createTestClock,
  searchForSecrets,
  startTestGateway,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
} from './test-gateway.js';

/** Gateways whose WeChat is the simulator, with a way between them on which answers can be held. */
export interface WechatScene {
  readonly simulator: Simulator;
  readonly clock: TestClock;
  /** What happens to requests on their way to WeChat, by path: holds only. */
  readonly upstream: Faults;
  /** What no log line may have, beside keys and tokens: what was sealed, and what is in it. */
  readonly untold: Set<string>;
  /** Closed with the scene. */
  gateway(options?: Omit<TestGatewayOptions, 'wechatApiUrl' | 'clock'>): Promise<TestGateway>;
  /** Somebody new. */
  person(username: string): { readonly username: string; readonly openid: string };
  /** `wx.login` on this person's phone, and a login with its code. */
  logIn(gateway: TestGateway, username: string, appid?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startWechatScene({
  clock = createTestClock(),
  otherApps = [],
}: {
  clock?: TestClock;
  otherApps?: readonly { readonly appid: string; readonly secret: string }[];
} = {}): Promise<WechatScene> {
  const simulator = await createSimulator({
    apps: [{ appid: APPID, secret: APP_SECRET }, ...otherApps],
    now: clock.now,
  });
  const upstream = createFaults();
  const untold = new Set<string>();
  const started: TestGateway[] = [];

  /** As over HTTP. */
  const onTheWay: typeof fetchJson = (request) => upstream.run(new URL(request.url).pathname, () => fetchJson(request));

  return {
    simulator,
    clock,
    upstream,
    untold,
    gateway: async ({ seams, ...options } = {}) => {
      const gateway = await startTestGateway({
        ...{ wechatApiUrl: simulator.url, clock, ...options },
        seams: { fetchJson: onTheWay, ...seams },
      });
      started.push(gateway);
      return gateway;
    },
    person: (username) => ({ username, openid: simulator.addUser({ username }).openid ?? '' }),
    logIn: (gateway, username, appid = APPID) => gateway.tokenFor(simulator.code(username, { appid }), { appid }),
    close: async () => {
      for (const gateway of started) {
        await gateway.close();
        searchForSecrets('the log', gateway.logLines.map((line) => JSON.stringify(line)).join('\n'), untold);
      }
      await simulator.close();
    },
  };
}

const DECRYPT = `mutation ($input: DecryptOpenDataInput!) {
  decryptOpenData(input: $input) { sealedWith data { __typename
    ... on WeChatUserInfo { openId unionId nickName gender language city province country avatarUrl }
    ... on WeChatPhoneNumber { phoneNumber purePhoneNumber countryCode }
    ... on WeChatRunData { stepInfoList { timestamp step } }
    ... on WeChatShareInfo { openGId }
    ... on WeChatGroupEnterInfo { opengid open_single_roomid group_openid chat_type }
    ... on UnknownOpenData { json }
  } }
}`;

/** What a mini-program sends on. */
export function decryption(sealed: SealedOpenData): { query: string; variables: { input: SealedOpenData } } {
  return { query: DECRYPT, variables: { input: sealed } };
}

/** Which session_key the data was opened with; or the code and the action it is refused with. */
export async function sealedWith(gateway: TestGateway, token: string, sealed: SealedOpenData): Promise<string> {
  const { query, variables } = decryption(sealed);
  const { body, code } = await gateway.graphql(query, { variables, token });
  const action: unknown = body.errors?.[0]?.extensions?.action;
  return code === null ? body.data.decryptOpenData.sealedWith : [code, action].filter(Boolean).join(' ');
}
