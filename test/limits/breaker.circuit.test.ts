import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../src/errors.js';
import { type BreakerChange, createBreaker } from '../../src/limits/breaker.js';
import type { App } from '../../src/platforms/platform.js';
import { createWechat } from '../../src/platforms/wechat.js';
import { rounds } from '../support/rounds.js';
import {
  answerJson,
  answerText,
  type Behaviour,
  dribble,
  hang,
  resetAfterRequest,
  type StandInWechat,
  startStandInWechat,
} from '../support/stand-in-wechat.js';

const [APP, OTHER_APP] = ['wx1', 'wx2'].map(
  (appid): App => ({ platform: 'WECHAT', appid, secrets: ['secret'], tenant: 'default' }),
) as [App, App];

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('a circuit of the breaker, with the adapter of WeChat,', () => {
  let wechat: StandInWechat;

  beforeEach(async () => {
    wechat = await startStandInWechat();
  });
  afterEach(() => wechat.close());

  test.each<[name: string, behaviour: Behaviour, callsEach: number, code: string, retryAfterSeconds: number]>([
    ['45011', answerJson({ errcode: 45011, errmsg: 'quota' }), 1, 'RATE_LIMITED', 60],
    [
      '-1, for which WeChat is asked four times',
      answerJson({ errcode: -1, errmsg: 'busy' }),
      4,
      'PLATFORM_UNAVAILABLE',
      5,
    ],
    ['an errcode nobody knows', answerJson({ errcode: 99_999, errmsg: '?' }), 1, 'PLATFORM_UNAVAILABLE', 5],
    ['502', answerText('<html>', 'text/html', 502), 1, 'PLATFORM_UNAVAILABLE', 5],
    ['a reset', resetAfterRequest, 1, 'PLATFORM_UNAVAILABLE', 5],
    ['nonsense', answerText('{"openid":'), 1, 'PLATFORM_UNAVAILABLE', 5],
    ['nothing at all', hang, 1, 'PLATFORM_UNAVAILABLE', 5],
    ['a body that never ends', dribble(20), 1, 'PLATFORM_UNAVAILABLE', 5],
  ])(
    'opens after 20 exchanges that ended in %s, each counted once',
    async (name, behaviour, callsEach, code, seconds) => {
      const timeoutMs = /nothing|never/.test(name) ? 100 : 5000;
      const platform = createWechat({ apiUrl: wechat.url, timeoutMs, wait: async () => undefined });
      const breaker = createBreaker({ now: () => 0 });
      wechat.behaviour = behaviour;
      const exchange = () => failureOf(breaker.run(APP, () => platform.exchange(APP, 'code.1')));
      await Promise.all(Array.from({ length: 19 }, exchange));
      expect(breaker.refusal(APP)).toBeNull();
      await exchange();
      expect(breaker.refusal(APP)).toMatchObject({ code, retryAfterSeconds: seconds, log: { kind: 'breaker' } });
      expect(wechat.calls).toHaveLength(20 * callsEach);
    },
  );
});

describe('a circuit of the breaker', () => {
  test('refuses the 1,001st exchange under way, at once, and makes room when one ends in any way', async () => {
    const breaker = createBreaker({ now: () => 0 });
    const ends: ((outcome: 'answer' | Error) => void)[] = [];
    const start = () =>
      failureOf(
        breaker.run(
          APP,
          () =>
            new Promise((resolve, reject) => {
              ends.push((outcome) => (outcome === 'answer' ? resolve(outcome) : reject(outcome)));
            }),
        ),
      );
    const running: Promise<unknown>[] = [];
    for (let hundreds = 0; hundreds < 10; hundreds += 1) {
      running.push(...Array.from({ length: 100 }, start));
      // However slow, it answers.
      await breaker.run(APP, async () => 'answer').catch(() => undefined);
    }
    expect(ends).toHaveLength(1000);

    expect(await start()).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(breaker.refusal(APP)).toMatchObject({ log: { appid: 'wx1', kind: 'too many exchanges under way' } });
    expect(breaker.refusal(OTHER_APP)).toBeNull();

    for (const outcome of [
      'answer',
      new AppError('CODE_INVALID'),
      new AppError('RATE_LIMITED'),
      new Error('a bug'),
    ] as const) {
      expect(breaker.refusal(APP)).not.toBeNull();
      ends.shift()?.(outcome);
      await running.shift();
      running.push(start());
      expect(ends).toHaveLength(1000);
    }
    for (const end of ends) end('answer');
    await Promise.all(running);
    expect(breaker.refusal(APP)).toBeNull();
  });

  test('waits for 250 answers, then asks once a second, until one comes: after a second it is the platform, before it the crowd', async () => {
    let at = 0;
    const breaker = createBreaker({ now: () => at });
    const answers: (() => void)[] = [];
    const start = () => failureOf(breaker.run(APP, () => new Promise((resolve) => answers.push(() => resolve('yes')))));
    const hanging = Array.from({ length: 250 }, start);
    expect(answers).toHaveLength(250);
    for (let second = 1; second <= 3; second += 1) {
      hanging.push(start());
      expect(answers).toHaveLength(250 + second);
      const code = second === 1 ? 'RATE_LIMITED' : 'PLATFORM_UNAVAILABLE';
      expect(await start()).toMatchObject({ code, retryAfterSeconds: 1 });
      expect(breaker.refusal(APP)).toMatchObject({ log: { kind: 'many exchanges without an answer' } });
      expect(breaker.refusal(OTHER_APP)).toBeNull();
      at += 1000;
    }
    answers.pop()?.();
    await hanging.pop();
    const later = Array.from({ length: 250 }, start);
    expect(answers).toHaveLength(502);
    for (const answer of answers) answer();
    await Promise.all([...hanging, ...later]);
    expect(breaker.refusal(APP)).toBeNull();
  });

  test('does not count those it refuses', async () => {
    let at = 0;
    const breaker = createBreaker({ now: () => at });
    const fail = () => failureOf(breaker.run(APP, () => Promise.reject(new AppError('PLATFORM_UNAVAILABLE'))));
    for (let index = 0; index < 40; index += 1) await fail();
    at = 1000;
    await breaker.run(APP, async () => 'answer');
    for (let index = 0; index < 19; index += 1) await fail();
    expect(breaker.refusal(APP)).toBeNull();
  });

  test('is not opened again by those who were left hanging in the outage that is over', async () => {
    let at = 0;
    const breaker = createBreaker({ now: () => at });
    const failures: (() => void)[] = [];
    const start = () =>
      failureOf(
        breaker.run(
          APP,
          () => new Promise((_, reject) => failures.push(() => reject(new AppError('PLATFORM_UNAVAILABLE')))),
        ),
      );
    const hanging = Array.from({ length: 40 }, start);
    at = 1;
    await breaker.run(APP, async () => 'answer');
    const later = Array.from({ length: 20 }, start);
    for (const fail of failures.splice(0, 40)) fail();
    await Promise.all(hanging);
    expect(breaker.refusal(APP)).toBeNull();
    for (const fail of failures) fail();
    await Promise.all(later);
    expect(breaker.refusal(APP)).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
  });

  test('does as a simple model says, whatever happens in what order and how fast', async () => {
    const seen = { opened: 0, closed: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 200, size: 'max' }), async (steps) => {
        const world = { now: 0 };
        const changes: boolean[] = [];
        const onChange = ({ isOpen }: BreakerChange) => changes.push(isOpen);
        const breaker = createBreaker({ now: () => world.now, onChange });
        const model = createModel();
        const underWay: { settle: (outcome: Outcome) => void; ended: Promise<unknown>; goodAnswers: number }[] = [];

        for (const { waitMs, starts, ends } of steps) {
          world.now += waitMs;
          for (let index = 0; index < starts; index += 1) {
            const isAsked = model.start(world.now);
            let settle: ((outcome: Outcome) => void) | null = null;
            const exchange = () =>
              new Promise((resolve, reject) => {
                settle = (outcome) => (outcome === 'good' ? resolve(outcome) : reject(errorOf(outcome)));
              });
            const refusedAs = breaker.refusal(APP)?.code ?? null;
            const ended = failureOf(breaker.run(APP, exchange));
            expect(settle !== null).toBe(isAsked);
            expect(refusedAs).toBe(isAsked ? null : model.refusal());
            if (settle !== null) underWay.push({ settle, ended, goodAnswers: model.goodAnswers() });
            else {
              expect(await ended).toMatchObject({ code: model.refusal() });
              seen.refused += 1;
            }
          }
          for (const { which, outcome } of ends) {
            const [ending] = underWay.splice(which % Math.max(1, underWay.length), 1);
            if (ending === undefined) continue;
            ending.settle(outcome);
            await ending.ended;
            model.end(world.now, outcome, ending.goodAnswers);
          }
        }
        expect(changes).toEqual(model.changes);
        seen.opened += changes.filter((isOpen) => isOpen).length;
        seen.closed += changes.filter((isOpen) => !isOpen).length;
      }),
      { numRuns: rounds(40, 400) },
    );
    // Else the sequences above have not been where it is interesting.
    expect(Math.min(seen.opened, seen.closed, seen.refused)).toBeGreaterThan(10);
  });
});

type Outcome = 'good' | 'refused code' | 'quota' | 'nothing' | 'bug';

function errorOf(outcome: Outcome): Error {
  if (outcome === 'refused code') return new AppError('CODE_INVALID');
  if (outcome === 'quota') return new AppError('RATE_LIMITED', { retryAfterSeconds: 60 });
  if (outcome === 'nothing') return new AppError('PLATFORM_UNAVAILABLE', { retryAfterSeconds: 5 });
  return new TypeError('a bug');
}

const outcome = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom<Outcome>('quota', 'nothing') },
  { weight: 1, arbitrary: fc.constantFrom<Outcome>('good', 'refused code', 'bug') },
);

const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.nat(1100), fc.constantFrom(999, 1000), fc.nat(4000)),
  starts: fc.nat(3),
  ends: fc.array(fc.record({ which: fc.nat(10), outcome }), { maxLength: 4 }),
});

/** The rule in its plainest form: it keeps everything that ever ended, and looks back. */
function createModel() {
  let ended: { at: number; isFailure: boolean }[] = [];
  let lastFailure: Outcome = 'nothing';
  let isOpen = false;
  let askedAt = 0;
  let goodAnswers = 0;
  const changes: boolean[] = [];
  const turn = (open: boolean) => {
    isOpen = open;
    changes.push(open);
  };
  return {
    changes,
    refusal: () => (lastFailure === 'quota' ? 'RATE_LIMITED' : 'PLATFORM_UNAVAILABLE'),
    start: (now: number): boolean => {
      if (!isOpen) return true;
      if (now < askedAt + 1000) return false;
      askedAt = now;
      return true;
    },
    goodAnswers: () => goodAnswers,
    /** @param goodAnswersBefore how many there were when it was asked. */
    end: (at: number, how: Outcome, goodAnswersBefore: number): void => {
      if (how === 'bug') return;
      const isFailure = how === 'quota' || how === 'nothing';
      if (isFailure && goodAnswersBefore < goodAnswers) return;
      if (!isFailure) goodAnswers += 1;
      if (isFailure) lastFailure = how;
      if (!isFailure && isOpen) turn(false);
      else if (!isOpen) {
        ended.push({ at, isFailure });
        const last = ended.slice(-20);
        const [first] = last;
        const areAll = last.length === 20 && last.every((each) => each.isFailure);
        if (!areAll || first === undefined || at - first.at > 30_000) return;
        turn(true);
        askedAt = at;
        ended = [];
      }
    },
  };
}
