import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { hold } from '../support/faults.js';
import { openSimulatorScene, type Person, type SimulatorScene } from '../support/simulator-scene.js';
import type { Answer, TestGateway } from '../support/test-gateway.js';

const CHECK_PATH = '/wxa/msg_sec_check';
const HOUR = 3_600_000;
const WHO = 'viewer { user { nickname avatarUrl } }';

describe('a nickname', () => {
  let scene: SimulatorScene;
  /** Where nicknames are not checked. */
  let unchecked: TestGateway;

  beforeAll(async () => {
    scene = await openSimulatorScene({ config: { checkNicknames: true } });
    unchecked = await scene.join();
  });
  afterAll(() => scene?.close());
  afterEach(() => {
    scene.simulator.fail(null, { path: CHECK_PATH });
    scene.gateway.sqlFaults.clear();
  });

  const update = (who: Person, input: object, gateway = scene.gateway): Promise<Answer> =>
    scene.send('updateProfile', input, WHO, { token: who.token, gateway });
  const shown = async (who: Person) =>
    (await scene.gateway.graphql(`{ ${WHO} }`, { token: who.token })).body.data.viewer.user;
  const asked = () => scene.simulator.calls(CHECK_PATH).length;

  test('that WeChat calls risky is BAD_USER_INPUT, and nothing of the profile changes', async () => {
    const who = await scene.signIn();
    await update(who, { nickname: 'Nick' });
    for (const nickname of ['so risky', '违规的名字']) {
      const answer = await update(who, { nickname, avatarUrl: 'https://pictures.test/1' });
      expect([answer.status, answer.body.errors[0].extensions]).toMatchObject([
        400,
        { code: 'BAD_USER_INPUT', reason: 'RISKY' },
      ]);
    }
    expect(await shown(who)).toEqual({ nickname: 'Nick', avatarUrl: null });
    expect(JSON.stringify(scene.gateway.logLines)).not.toMatch(/so risky|违规/);
  });

  test.each(['Nick', 'for review', '🐼'])('that WeChat does not call risky is kept: %s', async (nickname) => {
    const who = await scene.signIn();
    const before = asked();
    const answer = await update(who, { nickname: ` ${nickname} ` });
    expect([answer.code, answer.body.data.updateProfile.viewer.user.nickname]).toEqual([null, nickname]);
    expect(asked() - before).toBe(1);
  });

  test('that the user has, none, and one that is none are not asked about; nor is a picture alone', async () => {
    const who = await scene.signIn();
    await update(who, { nickname: 'Nick' });
    const before = asked();
    for (const [input, code] of [
      [{ nickname: 'Nick' }, null],
      [{ nickname: ' Nick ', avatarUrl: 'https://pictures.test/2' }, null],
      [{ avatarUrl: 'https://pictures.test/risky' }, null],
      [{ avatarUrl: null }, null],
      [{ nickname: null }, null],
      [{ nickname: '' }, 'BAD_USER_INPUT'],
      [{ nickname: 'Other', avatarUrl: 'no picture' }, 'BAD_USER_INPUT'],
      [{}, null],
    ] as const) {
      expect([input, (await update(who, input)).code]).toEqual([input, code]);
    }
    expect([asked(), await shown(who)]).toEqual([before, { nickname: null, avatarUrl: null }]);
  });

  test.each([
    ['html', 'PLATFORM_UNAVAILABLE', 503],
    [-1, 'PLATFORM_UNAVAILABLE', 503],
    [45009, 'RATE_LIMITED', 429],
  ] as const)('is not kept while WeChat answers %p: %s', async (fault, code, status) => {
    const who = await scene.signIn();
    scene.simulator.fail(fault, { path: CHECK_PATH });
    const answer = await update(who, { nickname: 'Nick' });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect((await shown(who)).nickname).toBeNull();
    scene.simulator.fail(null, { path: CHECK_PATH });
    expect((await update(who, { nickname: 'Nick' })).code).toBeNull();
  });

  test('of somebody who has not used the app for two hours is FORBIDDEN, until they have', async () => {
    const who = await scene.signIn();
    scene.clock.advance(2 * HOUR + 1);
    const answer = await update(who, { nickname: 'Nick' });
    expect([answer.status, answer.body.errors[0].extensions]).toMatchObject([
      200,
      { code: 'FORBIDDEN', reason: 'NOT_RECENT' },
    ]);
    scene.loginCode(who.username);
    expect((await update(who, { nickname: 'Nick' })).code).toBeNull();
  });

  test('is UNAUTHENTICATED, and not kept, when the session ends while WeChat is asked', async () => {
    const who = await scene.signIn();
    // Nothing but the nickname is asked about.
    await update(await scene.signIn(), { nickname: 'Nick' });
    const before = asked();
    const keeping = hold('before');
    scene.gateway.sqlFaults.plan('transaction', keeping);
    const answer = update(who, { nickname: 'Nick' });
    await keeping.arrived;
    expect(asked() - before).toBe(1);
    await unchecked.logout(who.token);
    keeping.release();
    expect((await answer).code).toBe('UNAUTHENTICATED');
    expect((await shown(await scene.signIn({ username: who.username }))).nickname).toBeNull();
  });

  test('is kept, whatever it is, and WeChat is not asked, where nicknames are not checked', async () => {
    const who = await scene.signIn();
    const before = scene.simulator.calls().length;
    const answer = await update(who, { nickname: 'so risky' }, unchecked);
    expect([answer.code, scene.simulator.calls().length]).toEqual([null, before]);
    expect((await shown(who)).nickname).toBe('so risky');
    // It was not asked about, and is not now.
    expect((await update(who, { nickname: 'so risky' })).code).toBeNull();
  });
});
