import Fastify from 'fastify';
import { composeGateway, type Gateway, type GatewayOptions } from '../gateway.js';
import { checkOptionNames } from '../gateway-options.js';
import type { App } from '../platforms/platform.js';
import type { SimulatedAppOptions, SimulatedUserOptions, SimulatedWechat } from '../simulator/index.js';
import { createSimulatedWechat } from '../simulator/simulated-wechat.js';
import { createFetchInMemory } from './fetch-in-memory.js';
import { createSendGraphQL, type SendGraphQL } from './graphql.js';
import { createSignInAs, type SignInAs } from './sign-in.js';
import { testConfig } from './test-config.js';

// The first Fastify of a process loads its compilers, which takes longer than the rest of a gateway: not in the first test.
Fastify();

export interface TestGatewayOptions extends GatewayOptions {
  /** The clock of the gateway and of its WeChat, in ms since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Who there is. `signInAs` adds whom it does not find. @default alice, bob, carol (who has a unionid), mallory (blocked), newcomer and devtools */
  readonly users?: readonly SimulatedUserOptions[] | undefined;
}

/** A gateway with a WeChat of its own, all of it in memory. It listens on no port unless it is told to. */
export interface TestGateway extends Gateway {
  /**
   * Its WeChat: codes of its users, what it was asked, and faults to come. Nobody waits in a test: `hang` is a
   * time-out at once, and `slow` is not slow. While it is `busy` the gateway asks four times, within 1.4 s.
   */
  readonly wechat: SimulatedWechat;
  /** Sends one operation without a token. */
  readonly graphql: SendGraphQL;
  readonly signInAs: SignInAs;
}

/**
 * A whole gateway for tests: stores in memory, no login limits, a silent log, and a simulated WeChat in place of the
 * real one. `config` may change that. Neither environment variables nor files are read.
 *
 * @param options those of `createGateway`, and `now` and `users`
 * @throws ConfigError, SimulatorMisuse, and what `createGateway` throws
 */
export async function createTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  checkOptionNames(options, 'createTestGateway', ['now', 'users']);
  const { config = {}, users, now, ...own } = options;
  const { wechat, answer } = createSimulatedWechat({ apps: simulatedAppsOf(config.apps), users, now });
  const gateway = await composeGateway(testConfig(config, appsOf(config.apps, wechat)), {
    ...own,
    ...(now !== undefined && { now }),
    fetchJson: createFetchInMemory(answer),
    hasPages: false,
    sweepEveryMs: null,
  });
  const { app } = gateway;
  return { ...gateway, wechat, graphql: createSendGraphQL(app, null), signInAs: createSignInAs(app, wechat) };
}

/** The apps that are configured, as WeChat knows them; undefined: one that the simulated WeChat makes up. */
function simulatedAppsOf(given: readonly App[] = []): readonly SimulatedAppOptions[] | undefined {
  return given.length === 0 ? undefined : given.map(({ appid, secrets: [secret] }) => ({ appid, secret }));
}

function appsOf(given: readonly App[] = [], { appid, secret }: SimulatedWechat): readonly App[] {
  return given.length > 0 ? given : [{ platform: 'WECHAT', appid, secrets: [secret], tenant: 'default' }];
}
