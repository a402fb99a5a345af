import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { openStores } from '../../src/stores.js';
import { reseal } from '../../src/users/reseal.js';
import { hold } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { APPID, searchForSecrets, type TestGateway } from '../support/test-gateway.js';
import { sealedWith, startWechatScene, type WechatScene } from '../support/wechat-scene.js';

const CHECK = '/wxa/checksession';
const RESET = '/wxa/resetusersessionkey';
/** Of the event loop: about as many as a login takes. */
const MOST_TURNS = 100;

describeOnEachDatabase(
  'the session_key that is kept of a person',
  (open) => {
    const [first, second] = [Buffer.alloc(32, 'first'), Buffer.alloc(32, 'second')];
    let stores: SharedStores;
    let scene: WechatScene;
    let gateway: TestGateway;

    beforeEach(async () => {
      stores = await open();
      scene = await startWechatScene();
      gateway = await scene.gateway({ config: { ...stores.config, secretKeys: [first, second] } });
    });

    afterEach(async () => {
      const stored = await stores.texts();
      for (const text of stored) searchForSecrets('a store', text, gateway.secrets);
      await scene.close();
      await stores.close();
    });

    const openidOf = (username: string) =>
      scene.simulator.users.find((user) => user.username === username)?.openid ?? '';
    const check = (openid = openidOf('alice')) => gateway.running.wechatApi.checkSessionKey({ openid });
    const reset = (openid = openidOf('alice')) => gateway.running.wechatApi.resetSessionKey({ openid });
    const encrypt = () => scene.simulator.encrypt('alice', 'phoneNumber');
    const opened = (token: string, sealed = encrypt()) => sealedWith(gateway, token, sealed);
    const events = () =>
      stores.ask("SELECT user_id, appid, openid FROM audit_events WHERE type = 'session_key_reset' ORDER BY at, id");

    describe('checked', () => {
      test('is known to WeChat until the phone logs in again, and after that login has come here', async () => {
        await scene.logIn(gateway, 'alice');
        expect(await check()).toBe(true);
        const code = scene.simulator.code('alice');
        expect(await check()).toBe(false);
        await gateway.login(code);
        expect(await check()).toBe(true);
      });

      test('of somebody who has never logged in is null, and WeChat is not asked', async () => {
        expect([await check(), await check('nobody'), await reset()]).toEqual([null, null, null]);
        await expect(gateway.running.wechatApi.checkSessionKey({ openid: 'x', appid: 'wxnone' })).rejects.toMatchObject(
          {
            code: 'UNKNOWN_APP',
          },
        );
        expect(scene.simulator.calls()).toEqual([]);
      });

      test('is a failure when WeChat has no answer, never a false', async () => {
        await scene.logIn(gateway, 'alice');
        scene.simulator.fail('html', { times: 2, path: CHECK });
        await expect(check()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
        await expect(check()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
        scene.simulator.fail('busy', { times: 1, path: RESET });
        await expect(reset()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE', errcode: -1 });
        expect([await check(), await events()]).toEqual([true, []]);
      });
    });

    describe('reset', () => {
      test('is replaced by one that WeChat knows: what was encrypted before it and after it opens', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const before = encrypt();
        expect(await reset()).toBe(true);
        expect([await opened(token, before), await opened(token)]).toEqual(['PREVIOUS', 'CURRENT']);
        expect(await check()).toBe(true);
        const { body } = await gateway.graphql('{ viewer { user { id } } }', { token });
        const event = { user_id: body.data.viewer.user.id, appid: APPID, openid: openidOf('alice') };
        expect(await events()).toEqual([event]);

        const between = encrypt();
        expect(await reset()).toBe(true);
        expect([await opened(token, before), await opened(token, between), await opened(token)]).toEqual([
          'OPEN_DATA_REFUSED LOGIN_AGAIN',
          'PREVIOUS',
          'CURRENT',
        ]);
        expect(await events()).toEqual([event, event]);
      });

      test('that WeChat does not know any more stays as it is: a login brings a good one', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const before = encrypt();
        const code = scene.simulator.code('alice');
        expect(await reset()).toBe(false);
        expect([await opened(token, before), await events()]).toEqual(['CURRENT', []]);
        await gateway.login(code);
        expect([await reset(), await opened(token)]).toEqual([true, 'CURRENT']);
      });

      test('while somebody logs in does not put its key in the place of the younger one', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const before = encrypt();
        const held = hold('after');
        scene.upstream.plan(RESET, held);
        const resetting = reset();
        await held.arrived;
        await scene.logIn(gateway, 'alice');
        held.release();
        expect(await resetting).toBe(true);
        expect(await check()).toBe(true);
        expect([await opened(token, before), await opened(token)]).toEqual(['PREVIOUS', 'CURRENT']);
      });

      test('at any moment of a login leaves the key that WeChat has', async () => {
        await scene.logIn(gateway, 'alice');
        for (let round = 0; round < rounds(2, 200); round += 1) {
          const held = hold('after');
          scene.upstream.plan(RESET, held);
          const resetting = reset();
          await held.arrived;
          const loggingIn = scene.logIn(gateway, 'alice');
          const turns = Math.floor(Math.random() * MOST_TURNS);
          for (let turn = 0; turn < turns; turn += 1) await nextTurn();
          held.release();
          await Promise.all([resetting, loggingIn]);
          expect([turns, await check()]).toEqual([turns, true]);
        }
      });

      test('while an operator seals all keys anew is kept all the same', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const before = encrypt();
        const held = hold('after');
        scene.upstream.plan(RESET, held);
        const resetting = reset();
        await held.arrived;
        const { database, close } = await openStores(gateway.running.config, null);
        expect(await reseal(database, createKeyRing([second, first]))).toMatchObject({ resealed: 1, closed: 0 });
        await close();
        held.release();
        expect(await resetting).toBe(true);
        expect(await check()).toBe(true);
        expect([await opened(token, before), await opened(token)]).toEqual(['PREVIOUS', 'CURRENT']);
      });

      test('twice at once is done once: the other finds that WeChat does not know the kept one', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const held = hold('after');
        scene.upstream.plan(RESET, held);
        const resetting = reset();
        await held.arrived;
        expect(await reset()).toBe(false);
        held.release();
        expect(await resetting).toBe(true);
        expect([await check(), await opened(token), (await events()).length]).toEqual([true, 'CURRENT', 1]);
      });

      test('of an account that was closed meanwhile brings nothing back', async () => {
        const token = await scene.logIn(gateway, 'alice');
        const held = hold('after');
        scene.upstream.plan(RESET, held);
        const resetting = reset();
        await held.arrived;
        const close = 'mutation ($code: String!) { closeAccount(input: { code: $code }) { closed } }';
        const { code } = await gateway.graphql(close, { variables: { code: scene.simulator.code('alice') }, token });
        expect(code).toBeNull();
        held.release();
        expect(await resetting).toBe(true);
        expect([await check(), await events()]).toEqual([null, []]);
      });

      test('that SQL does not keep is told: the next login brings a good one', async () => {
        await scene.logIn(gateway, 'alice');
        // The access token takes transactions of its own.
        await check();
        gateway.sqlFaults.plan('transaction', 'fail before');
        await expect(reset()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
        expect([await check(), await events()]).toEqual([false, []]);
        await scene.logIn(gateway, 'alice');
        expect(await check()).toBe(true);

        gateway.sqlFaults.plan('transaction', 'fail after');
        await expect(reset()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
        expect([await check(), (await events()).length]).toEqual([true, 1]);
      });

      test('under a server key that was lost asks WeChat nothing, and an operator must act', async () => {
        await scene.logIn(gateway, 'alice');
        const lost = await scene.gateway({ config: { ...stores.config, secretKeys: [second] } });
        const who = { openid: openidOf('alice') };
        const alarm = { code: 'INTERNAL_SERVER_ERROR', alarm: true };
        await expect(lost.running.wechatApi.checkSessionKey(who)).rejects.toMatchObject(alarm);
        await expect(lost.running.wechatApi.resetSessionKey(who)).rejects.toMatchObject(alarm);
        expect(scene.simulator.calls()).toEqual([]);
      });
    });
  },
  { postgres: 'soak' },
);
