import type { Client, ClientOptions } from '../../../clients/miniprogram/src/api.js';
import type { Clock } from '../../../clients/miniprogram/src/clock.js';
import { composeClient } from '../../../clients/miniprogram/src/compose-client.js';
import { fromWx } from '../../../clients/miniprogram/src/platforms.js';
import type { OwnParts } from '../../../src/gateway-options.js';
import { createSimulator, type Simulator } from '../../../src/simulator/index.js';
import {
  APP_SECRET,
  APPID,
  createTestClock,
  startTestGateway,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/test-gateway.js';
import { createPhone, type Phone } from './phone.js';

/** Time as the client sees it: a wait is over at once, and written down, unless the clock stands. */
export interface PhoneClock extends Clock {
  /** In ms. */
  readonly waits: readonly number[];
  /** Called before a wait is over. */
  onWait: (ms: number) => void;
  /** From now on waits are over when `advance` says so. */
  stand(): void;
  advance(ms: number): Promise<void>;
}

export function createPhoneClock(): PhoneClock {
  const waits: number[] = [];
  const pending: { at: number; over: (value: true) => void }[] = [];
  let now = Date.UTC(2026, 0, 1);
  let stands = false;
  const clock: PhoneClock = {
    waits,
    onWait: () => {},
    nowMs: () => now,
    chance: Math.random,
    waitMs: (ms) => {
      waits.push(ms);
      clock.onWait(ms);
      if (stands) return new Promise((over) => pending.push({ at: now + ms, over }));
      return new Promise((over) => setImmediate(() => over(true)));
    },
    stand: () => {
      stands = true;
    },
    advance: async (ms) => {
      now += ms;
      for (const { at, over } of pending) if (at <= now) over(true);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return clock;
}

export interface PhoneScene {
  readonly simulator: Simulator;
  readonly gateway: TestGateway;
  /** Of the gateway and WeChat. */
  readonly serverClock: TestClock;
  readonly url: string;
  /** A phone of this person, and a client on it. */
  pickUp(person?: string, options?: Partial<ClientOptions>): { phone: Phone; client: Client; clock: PhoneClock };
  /** What the phone has in its storage. */
  tokenOn(phone: Phone): string;
  close(): Promise<void>;
}

/** A gateway that listens, with the WeChat of the simulator. */
export async function openPhoneScene(
  own: OwnParts = {},
  config: TestGatewayOptions['config'] = {},
): Promise<PhoneScene> {
  const serverClock = createTestClock();
  const simulator = await createSimulator({ apps: [{ appid: APPID, secret: APP_SECRET }], now: serverClock.now });
  const gateway = await startTestGateway({ wechatApiUrl: simulator.url, clock: serverClock, own, config });
  const url = `${(await gateway.running.listen()).url}/graphql`;
  const phones: Phone[] = [];

  return {
    ...{ simulator, gateway, serverClock, url },
    pickUp: (person = 'alice', options = {}) => {
      const phone = createPhone(() => simulator.code(person));
      const clock = createPhoneClock();
      phones.push(phone);
      return { phone, clock, client: composeClient({ url, platform: fromWx(phone.wx), ...options }, clock) };
    },
    tokenOn: (phone) => {
      const [token] = phone.storage.values();
      if (typeof token !== 'string') throw new Error('there is no token on the phone');
      return token;
    },
    close: async () => {
      // Whatever left a phone in confidence may be in no log line.
      const secrets = gateway.secrets as Set<string>;
      for (const { sent } of phones) {
        for (const { token, variables } of sent) {
          const { code, requestId } = variables.input ?? {};
          for (const secret of [token, code, requestId]) if (secret) secrets.add(secret);
        }
      }
      await gateway.close();
      await simulator.close();
    },
  };
}

/** The code of a failure; fails the test when there was none. */
export async function codeOfFailure(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => null,
    (error: { code?: unknown }) => String(error.code ?? error),
  );
  if (outcome === null) throw new Error('it did not fail');
  return outcome;
}
