import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import type { App } from '../../src/platforms/platform.js';
import { createWechat } from '../../src/platforms/wechat.js';

/** What a login may meet at WeChat. */
export type Situation = 'a person' | 'a person with a unionid' | 'a person again' | Refusal | BrokenAnswer;
type Refusal = number;
type BrokenAnswer = 'html' | 'truncated' | 'cut' | 'hang';

/** A code that meets the situation, and the app to send it with. */
export interface Prepared {
  readonly code: string;
  readonly app: App;
}

/** Something that stands where api.weixin.qq.com would. */
export interface ExchangeCounterpart {
  readonly apiUrl: string;
  prepare(situation: Situation): Promise<Prepared>;
  /** How many requests for this code have come. */
  callsFor(code: string): number;
  close(): Promise<void>;
}

/** Typed again here, so that a slip in the table of the code is seen. */
const refusals: readonly (readonly [errcode: number, expected: object])[] = [
  [-1, { code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false }],
  [40029, { code: 'CODE_INVALID', reason: 'INVALID', alarm: false }],
  [40163, { code: 'CODE_INVALID', reason: 'USED', alarm: false }],
  [40226, { code: 'USER_BLOCKED', alarm: false }],
  [50002, { code: 'USER_BLOCKED', alarm: false }],
  [45011, { code: 'RATE_LIMITED', retryAfterSeconds: 60, alarm: false }],
  ...[40001, 40002, 40013, 40066, 40125, 40164, 40243, 41002, 41004, 41008, 48001].map(
    (errcode) => [errcode, { code: 'INTERNAL_SERVER_ERROR', alarm: true }] as const,
  ),
];
const BUSY_CALLS = 4;

const brokenAnswers: readonly (readonly [BrokenAnswer, kind: string])[] = [
  ['html', 'not_json'],
  ['truncated', 'not_json'],
  ['cut', 'reset'],
  ['hang', 'timeout'],
];

/** What WeChat's client and every counterpart of it must agree on. */
export function exchangeSuite(name: string, open: () => Promise<ExchangeCounterpart>): void {
  describe(`the exchange with ${name}`, () => {
    let counterpart: ExchangeCounterpart;

    beforeAll(async () => {
      counterpart = await open();
    });
    afterAll(() => counterpart.close());

    function exchange({ app, code }: Prepared, timeoutMs = 5_000) {
      const clock = { ms: 0 };
      const wait = async (ms: number) => {
        clock.ms += ms;
      };
      return createWechat({ apiUrl: counterpart.apiUrl, timeoutMs, now: () => clock.ms, wait }).exchange(app, code);
    }

    async function failureOf(prepared: Prepared, timeoutMs?: number): Promise<AppError> {
      const outcome = await exchange(prepared, timeoutMs).catch((error: unknown) => error);
      if (outcome instanceof AppError) return outcome;
      throw new Error('an AppError was expected');
    }

    test('gives who somebody is, and their key', async () => {
      const prepared = await counterpart.prepare('a person');
      const identity = await exchange(prepared);
      expect(identity).toEqual({
        openid: expect.stringMatching(/^o[\w-]{27}$/),
        unionid: null,
        sessionKey: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
      });
      expect(counterpart.callsFor(prepared.code)).toBe(1);
    });

    test('gives the unionid of who has one', async () => {
      const { unionid } = await exchange(await counterpart.prepare('a person with a unionid'));
      expect(unionid).toMatch(/^o[\w-]{27}$/);
    });

    test('gives the same openid and another key when the person comes again', async () => {
      const first = await exchange(await counterpart.prepare('a person'));
      const second = await exchange(await counterpart.prepare('a person again'));
      expect(second.openid).toBe(first.openid);
      expect(second.sessionKey).not.toBe(first.sessionKey);
    });

    test.each(refusals)('that is refused with %d says so, with the rid', async (errcode, expected) => {
      const prepared = await counterpart.prepare(errcode);
      const earlierCalls = counterpart.callsFor(prepared.code);
      const error = await failureOf(prepared);
      expect(error).toMatchObject(expected);
      expect(error.log).toMatchObject({ kind: 'errcode', errcode, httpStatus: 200 });
      expect(error.log.rid).toMatch(/^([0-9a-f]{8}(-[0-9a-f]{8}){2}|[A-Za-z0-9-]{16})$/);
      expect(counterpart.callsFor(prepared.code) - earlierCalls).toBe(errcode === -1 ? BUSY_CALLS : 1);
    });

    test.each(brokenAnswers)(
      'that ends in a fault (%s) is PLATFORM_UNAVAILABLE, after one call',
      async (fault, kind) => {
        const prepared = await counterpart.prepare(fault);
        const error = await failureOf(prepared, fault === 'hang' ? 300 : 5_000);
        expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, log: { kind } });
        expect(counterpart.callsFor(prepared.code)).toBe(1);
      },
    );
  });
}
