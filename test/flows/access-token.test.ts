import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fetchJson } from '../../src/fetch-json.js';
import { startChild, type TestChild } from '../support/child-process.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { createTestClock, searchForSecrets, type TestGateway } from '../support/test-gateway.js';
import { startWechatScene, type WechatScene } from '../support/wechat-scene.js';
import { TELL, TEMPLATE_ID, telling } from './telling.js';

const STABLE_TOKEN = '/cgi-bin/stable_token';
const SEND = '/cgi-bin/message/subscribe/send';
const LIFETIME_MS = 7_200_000;
const GATEWAYS = 3;
const CALLS_EACH = rounds(4, 167);

describeOnEachDatabase(
  'the access token of three gateways on one database',
  (open) => {
    let stores: SharedStores;
    let scene: WechatScene;
    let gateways: TestGateway[];
    /** How many requests have gone to each path, and how many messages were taken. */
    let sent: Record<string, number>;
    let taken: number;
    let onSending: ((messages: number) => void) | null;

    beforeAll(async () => {
      stores = await open();
      scene = await startWechatScene();
      const counting: typeof fetchJson = async (request) => {
        const { pathname } = new URL(request.url);
        sent[pathname] = (sent[pathname] ?? 0) + 1;
        if (pathname === SEND) onSending?.(sent[SEND] ?? 0);
        const answer = await fetchJson(request);
        taken += Number(pathname === SEND && Object(answer.body).errcode === 0);
        return answer;
      };
      gateways = [];
      while (gateways.length < GATEWAYS) {
        gateways.push(await scene.gateway({ config: stores.config, own: telling, seams: { fetchJson: counting } }));
      }
      scene.simulator.subscribe('alice', TEMPLATE_ID, { times: 10_000 });
    });

    beforeEach(() => {
      // Nobody has one that is good.
      scene.clock.advance(LIFETIME_MS);
      onSending = null;
      sent = {};
      taken = 0;
    });

    afterAll(async () => {
      const stored = await stores.texts();
      for (const { secrets } of gateways) for (const text of stored) searchForSecrets('a store', text, secrets);
      await scene.close();
      await stores.close();
    });

    function tell(gateway: TestGateway) {
      const { openid } = scene.simulator.users.find(({ username }) => username === 'alice') ?? {};
      return gateway.graphql(TELL, { variables: { openid } });
    }

    /** Many at once at each of them: every one is answered, and its message sent once. */
    async function tellAtOnce(): Promise<void> {
      const before = taken;
      const answers = await Promise.all(
        gateways.flatMap((gateway) => Array.from({ length: CALLS_EACH }, () => tell(gateway))),
      );
      for (const { body } of answers) expect(body).toEqual({ data: { tell: true } });
      expect(taken - before).toBe(GATEWAYS * CALLS_EACH);
    }

    test('is one request when there is none, and one when it has run out', async () => {
      await tellAtOnce();
      expect(sent[STABLE_TOKEN]).toBe(1);
      scene.clock.advance(LIFETIME_MS);
      await tellAtOnce();
      expect(sent[STABLE_TOKEN]).toBe(2);
    });

    test('that somebody else has replaced in the middle is got again, and no call fails', async () => {
      await tellAtOnce();
      const half = Math.ceil((GATEWAYS * CALLS_EACH) / 2);
      onSending = (sending) => {
        if (sending === GATEWAYS * CALLS_EACH + half) scene.simulator.revokeAccessTokens();
      };
      await tellAtOnce();
      expect(sent[STABLE_TOKEN]).toBe(2);
      expect(sent[SEND]).toBeGreaterThan(taken);
    });

    test('that WeChat refuses for ever is two calls, and no loop: later there is another answer', async () => {
      await tell(gateways[0] as TestGateway);
      scene.clock.advance(60_000);
      scene.simulator.fail(40001, { path: SEND });
      for (const gateway of gateways) {
        const before = sent[SEND] ?? 0;
        const answer = await tell(gateway);
        expect([answer.status, answer.code]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
        expect((sent[SEND] ?? 0) - before).toBeLessThanOrEqual(2);
      }
      expect(sent[STABLE_TOKEN]).toBeLessThanOrEqual(1 + 2 * GATEWAYS);
      scene.simulator.fail(null, { path: SEND });
      scene.clock.advance(30_000);
      for (const gateway of gateways) expect((await tell(gateway)).body).toEqual({ data: { tell: true } });
    });
  },
  { postgres: 'soak' },
);

// Processes start more slowly than all the rest runs.
if (rounds(0, 1) === 1) {
  describeOnEachDatabase('the access token of three gateways in processes of their own', (open) => {
    const EACH = 100;
    let stores: SharedStores;
    let scene: WechatScene;
    let processes: TestChild[];

    beforeEach(async () => {
      stores = await open();
      scene = await startWechatScene({ clock: createTestClock(Date.now()) });
      scene.simulator.subscribe('alice', TEMPLATE_ID, { times: 10_000 });
      const script = new URL('./children/teller.ts', import.meta.url);
      processes = Array.from({ length: GATEWAYS }, () => startChild(script));
      await Promise.all(processes.map((child) => child.ask('start', scene.simulator.url, stores.config)));
    });

    afterEach(async () => {
      await Promise.all(processes.map((child) => child.ask('close')));
      await Promise.all(processes.map((child) => child.kill()));
      await scene.close();
      await stores.close();
    });

    const requests = () => scene.simulator.calls(STABLE_TOKEN).length;

    async function tellFromAll(): Promise<void> {
      const { openid } = scene.simulator.users.find(({ username }) => username === 'alice') ?? {};
      const failed = await Promise.all(processes.map((child) => child.ask('tell', openid, EACH)));
      expect(failed.flat()).toEqual([]);
    }

    test('costs one request when there is none, and one for each process at most when it was replaced in the middle', async () => {
      await tellFromAll();
      expect(requests()).toBe(1);
      const told = () => scene.simulator.messages().length;
      let isOver = false;
      const telling = tellFromAll().finally(() => {
        isOver = true;
      });
      while (!isOver && told() < GATEWAYS * EACH * 1.5) await nextTurn();
      scene.simulator.revokeAccessTokens();
      await telling;
      expect(told()).toBe(2 * GATEWAYS * EACH);
      expect(scene.simulator.calls(SEND).length).toBeGreaterThan(told());
      expect(requests()).toBeLessThanOrEqual(1 + GATEWAYS);
    });
  });
}
