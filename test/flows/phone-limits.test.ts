import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hold } from '../support/faults.js';
import { numbersIn, PHONE_PATH } from '../support/phone-numbers.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type OpenSharedStores, openSqliteStores } from '../support/shared-stores.js';
import { OTHER_APPID, openSimulatorScene, type Person } from '../support/simulator-scene.js';
import { type Answer, APPID } from '../support/test-gateway.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CHINA = 8 * HOUR;

const extensionsIn = (answer: Answer) => answer.body.errors[0].extensions;

const BUDGET = 2;

/** A process without a budget, and three with one. */
async function openLimitsScene(open: OpenSharedStores) {
  const scene = await openSimulatorScene({ open, apps: 2 });
  const config = { phoneDailyBudget: BUDGET };
  const processes = [await scene.join(config), await scene.join(config), await scene.join(config)] as const;
  const numbers = numbersIn(scene);
  const processOf = (index: number) => processes[index % processes.length] ?? processes[0];
  const tapAt = (index: number, who: Person, appid = APPID) =>
    numbers.bind(who, { code: scene.phoneCode(who.username, appid) }, { gateway: processOf(index) });

  return {
    ...{ scene, numbers, tapAt },
    budgeted: processes[0],
    /** Midnight in China. */
    nextDay: () => scene.clock.advance(DAY - ((scene.clock.now() + CHINA) % DAY)),
    crowd: (size: number, appid = APPID): Promise<readonly Person[]> =>
      Promise.all(Array.from({ length: size }, (_, index) => scene.signIn({ appid, gateway: processOf(index) }))),
    /** All at once, in three processes. */
    tapAll: (people: readonly Person[], appid = APPID): Promise<Answer[]> =>
      Promise.all(people.map((who, index) => tapAt(index, who, appid))),
  };
}

type LimitsScene = Awaited<ReturnType<typeof openLimitsScene>>;

const countOf = (answers: readonly Answer[], code: string | null) =>
  answers.filter((answer) => answer.code === code).length;

describeOnEachDatabase('a question for a phone number', (open) => {
  let { scene, numbers, budgeted, nextDay, tapAt, tapAll, crowd } = {} as LimitsScene;

  beforeAll(async () => {
    ({ scene, numbers, budgeted, nextDay, tapAt, tapAll, crowd } = await openLimitsScene(open));
  });
  beforeEach(() => nextDay());
  afterAll(() => scene?.close());

  test('is RATE_LIMITED for another code within a minute, before WeChat is asked', async () => {
    const who = await scene.signIn();
    expect((await numbers.tap(who)).code).toBeNull();
    const before = numbers.asked();
    for (const [afterMs, retryAfterSeconds] of [
      [0, 60],
      [30_001, 30],
      [29_998, 1],
    ] as const) {
      scene.clock.advance(afterMs);
      const limited = await numbers.tap(who, { gateway: budgeted });
      expect([limited.status, extensionsIn(limited)]).toMatchObject([429, { code: 'RATE_LIMITED', retryAfterSeconds }]);
    }
    expect(numbers.asked()).toBe(before);
    scene.clock.advance(1);
    const code = scene.phoneCode(who.username);
    expect((await numbers.bind(who, { code })).code).toBeNull();
    expect(await numbers.shown(who)).toEqual(numbers.numberOf(who));
    expect(numbers.asked()).toBe(before + 1);
  });

  test('is asked once for a code that is sent twice at once, and both are answered', async () => {
    const who = await scene.signIn();
    const before = numbers.asked();
    const input = { code: scene.phoneCode(who.username) };
    for (const { code, body } of await Promise.all([numbers.bind(who, input), numbers.bind(who, input)])) {
      expect([code, body.data.bindPhoneNumber.viewer.user]).toEqual([null, numbers.numberOf(who)]);
    }
    expect(numbers.asked() - before).toBe(1);
  });

  test('is asked for once by two taps at the same moment in two processes, and by one code in both', async () => {
    for (let round = 0; round < rounds(2, 50); round += 1) {
      nextDay();
      const who = await scene.signIn();
      const before = numbers.asked();
      const one = scene.phoneCode(who.username);
      const inputs = [{ code: one }, { code: round % 2 === 0 ? scene.phoneCode(who.username) : one }] as const;
      const answers = await Promise.all([
        numbers.bind(who, inputs[0]),
        numbers.bind(who, inputs[1], { gateway: budgeted }),
      ]);
      expect(answers.map(({ code }) => code).sort()).toEqual(['RATE_LIMITED', null]);
      expect(numbers.asked() - before).toBe(1);
      expect(await numbers.shown(who)).toEqual(numbers.numberOf(who));
    }
  });

  test('is asked exactly as often as that by a crowd in three processes; the rest is RATE_LIMITED till midnight in China', async () => {
    const people = await crowd(rounds(8, 100));
    scene.clock.advance(10 * HOUR);
    const before = numbers.asked();
    const answers = await tapAll(people);
    expect(numbers.asked() - before).toBe(BUDGET);
    expect([countOf(answers, null), countOf(answers, 'RATE_LIMITED')]).toEqual([BUDGET, people.length - BUDGET]);
    for (const answer of answers.filter(({ code }) => code !== null)) {
      expect([answer.status, extensionsIn(answer).retryAfterSeconds]).toEqual([429, (14 * HOUR) / 1000]);
    }

    const [who = people[0], next = who] = people.filter((_, index) => answers[index]?.code !== null);
    if (who === undefined || next === undefined) throw new Error('nobody was refused');
    scene.clock.advance(14 * HOUR - 1);
    const early = await tapAt(0, who);
    expect([extensionsIn(early).retryAfterSeconds, numbers.asked() - before]).toEqual([1, BUDGET]);
    scene.clock.advance(1);
    expect([(await tapAt(1, who)).code, (await tapAt(2, next)).code]).toEqual([null, null]);
    const days = await scene.stores.ask<{ spent: unknown }>(`SELECT * FROM phone_budgets WHERE appid = '${APPID}'`);
    expect(days.map(({ spent }) => Number(spent))).toEqual([2]);
  });

  // The one database is asked nothing else than the other.
  if (open !== openSqliteStores && rounds(0, 1) === 0) return;

  describe('and what it has cost', () => {
    describe('while SQL is away', () => {
      const expected = {
        'before WeChat is asked': { plan: ['fail before'], asks: 0, isKept: false, later: null },
        'when it was counted': { plan: ['fail after'], asks: 0, isKept: false, later: 'RATE_LIMITED' },
        'when WeChat has answered': { plan: ['pass', 'fail before'], asks: 1, isKept: false, later: 'RATE_LIMITED' },
        'when it was kept': { plan: ['pass', 'fail after'], asks: 1, isKept: true, later: null },
      } as const;

      test.each(Object.entries(expected))('is SERVICE_UNAVAILABLE: %s', async (_, { plan, asks, isKept, later }) => {
        // Nothing but the number is asked for.
        await numbers.tap(await scene.signIn());
        const who = await scene.signIn();
        const code = scene.phoneCode(who.username);
        const before = numbers.asked();
        scene.gateway.sqlFaults.plan('transaction', ...plan);
        const answer = await numbers.bind(who, { code });
        expect([answer.status, answer.code, numbers.asked() - before]).toEqual([503, 'SERVICE_UNAVAILABLE', asks]);
        expect((await numbers.shown(who)).phoneNumber !== null).toBe(isKept);
        expect((await numbers.bind(who, { code })).code).toBe(later);
        scene.clock.advance(MINUTE);
        // What was never sent, or has given its number, is good; else it is spent.
        expect((await numbers.bind(who, { code })).code).toBe(asks === 1 && !isKept ? 'CODE_INVALID' : null);
        expect(numbers.asked() - before).toBe(asks === 1 && !isKept ? 2 : 1);
      });
    });

    test('is a minute for a request, too, that began a moment earlier and got the lock later', async () => {
      const who = await scene.signIn();
      expect((await numbers.tap(who)).code).toBeNull();
      scene.clock.advance(-50);
      const limited = await numbers.tap(who);
      expect(extensionsIn(limited)).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 60 });
    });

    test('is no minute that lasts for hours, when the clock is put back', async () => {
      scene.clock.advance(2 * HOUR);
      const who = await scene.signIn();
      expect((await numbers.tap(who)).code).toBeNull();
      scene.clock.advance(-HOUR);
      const again = await scene.signIn({ username: who.username });
      expect([again.userId, (await numbers.tap(again)).code]).toEqual([who.userId, null]);
      expect((await numbers.tap(again)).code).toBe('RATE_LIMITED');
    });

    test('is counted for each app by itself', async () => {
      const [here, there] = [await crowd(BUDGET + 1), await crowd(BUDGET + 1, OTHER_APPID)];
      expect(countOf(await tapAll(here), null)).toBe(BUDGET);
      expect(countOf(await tapAll(there, OTHER_APPID), null)).toBe(BUDGET);
    });

    test('costs nothing when it was refused by the budget: who was, need not wait a minute', async () => {
      const people = await crowd(BUDGET + 1);
      const answers = await tapAll(people);
      const [refused] = people.filter((_, index) => answers[index]?.code === 'RATE_LIMITED');
      const [row] = await scene.stores.ask(`SELECT phone_asked_at FROM users WHERE id = '${refused?.userId}'`);
      expect(row).toEqual({ phone_asked_at: null });
    });

    test.each([
      ['is given back', 'a code that it refuses', 0, 'CODE_INVALID'],
      ['is given back', 'that it is busy', 0, 'PLATFORM_UNAVAILABLE'],
      ['is spent', 'a page, as nobody knows what that has cost', 1, 'PLATFORM_UNAVAILABLE'],
    ])('%s when WeChat answers %s', async (_, title, spent, code) => {
      const who = await scene.signIn();
      if (title.startsWith('that')) scene.simulator.fail(-1, { times: 1, path: PHONE_PATH });
      if (title.startsWith('a page')) scene.simulator.fail('html', { times: 1, path: PHONE_PATH });
      const input = { code: title.startsWith('a code') ? 'f'.repeat(64) : scene.phoneCode(who.username) };
      expect((await numbers.bind(who, input, { gateway: budgeted })).code).toBe(code);
      const answers = await tapAll(await crowd(BUDGET + 1));
      expect(countOf(answers, null)).toBe(BUDGET - spent);
    });

    test.each(['html', 40125] as const)('is nothing when the app has no access token: %p', async (fault) => {
      const who = await scene.signIn();
      const before = numbers.asked();
      scene.simulator.fail(fault, { times: 1, path: '/cgi-bin/stable_token' });
      const code = scene.phoneCode(who.username);
      const failed = fault === 'html' ? 'PLATFORM_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR';
      expect([(await numbers.bind(who, { code }, { gateway: budgeted })).code, numbers.asked()]).toEqual([
        failed,
        before,
      ]);
      expect(countOf(await tapAll(await crowd(BUDGET + 1)), null)).toBe(BUDGET);
    });

    test('is given back to the day it was asked on', async () => {
      scene.clock.advance(DAY - 1);
      const [who, other] = [await scene.signIn(), await scene.signIn()];
      expect((await tapAt(0, other)).code).toBeNull();
      const givingBack = hold('before');
      budgeted.sqlFaults.plan('transaction', 'pass', givingBack);
      const before = numbers.asked();
      const refusal = numbers.bind(who, { code: 'f'.repeat(64) }, { gateway: budgeted });
      await givingBack.arrived;
      expect(numbers.asked() - before).toBe(1);
      scene.clock.advance(1);
      expect(countOf(await tapAll(await crowd(BUDGET)), null)).toBe(BUDGET);
      givingBack.release();
      expect((await refusal).code).toBe('CODE_INVALID');
      expect((await tapAt(1, await scene.signIn())).code).toBe('RATE_LIMITED');
    });

    test('is refused as WeChat refused it, and stays spent, when SQL is away as it would be given back', async () => {
      const who = await scene.signIn();
      await tapAt(0, await scene.signIn());
      budgeted.sqlFaults.plan('transaction', 'pass', 'fail before');
      expect((await numbers.bind(who, { code: 'f'.repeat(64) }, { gateway: budgeted })).code).toBe('CODE_INVALID');
      expect(countOf(await tapAll(await crowd(BUDGET)), null)).toBe(BUDGET - 2);
    });
  });
});
