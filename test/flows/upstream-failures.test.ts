import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startOwnTime } from '../support/own-time.js';
import {
  answerJson,
  answerText,
  answerWith,
  type Behaviour,
  dribble,
  hang,
  resetAfterRequest,
  type StandInWechat,
  startStandInWechat,
} from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, startTestGateway, type TestGateway } from '../support/test-gateway.js';

/** The platform's facts, typed again here: errcode, then what the client is told. */
const ERRCODES: readonly [errcode: number | string, status: number, code: string, reason: string | null][] = [
  [40029, 200, 'CODE_INVALID', 'INVALID'],
  [40163, 200, 'CODE_INVALID', 'USED'],
  [40226, 200, 'USER_BLOCKED', null],
  [50002, 200, 'USER_BLOCKED', null],
  [45011, 429, 'RATE_LIMITED', null],
  [40013, 500, 'INTERNAL_SERVER_ERROR', null],
  [40125, 500, 'INTERNAL_SERVER_ERROR', null],
  [40001, 500, 'INTERNAL_SERVER_ERROR', null],
  [41002, 500, 'INTERNAL_SERVER_ERROR', null],
  [41004, 500, 'INTERNAL_SERVER_ERROR', null],
  [41008, 500, 'INTERNAL_SERVER_ERROR', null],
  [40002, 500, 'INTERNAL_SERVER_ERROR', null],
  [40066, 500, 'INTERNAL_SERVER_ERROR', null],
  [40164, 500, 'INTERNAL_SERVER_ERROR', null],
  [40243, 500, 'INTERNAL_SERVER_ERROR', null],
  [48001, 500, 'INTERNAL_SERVER_ERROR', null],
  [99999, 503, 'PLATFORM_UNAVAILABLE', null],
  ['40029', 200, 'CODE_INVALID', 'INVALID'],
];

/** Answers that are no answer. Each costs one call and ends within the deadline. */
const NONSENSE: readonly [name: string, behaviour: Behaviour][] = [
  ['502', answerText('<html>Bad Gateway</html>', 'text/html', 502)],
  ['a reset', resetAfterRequest],
  ['nothing at all', hang],
  ['headers and a body that never ends', dribble(200)],
  ['HTML', answerText('<html>maintenance</html>', 'text/html')],
  ['truncated JSON', answerText('{"session_key":"SessionKey00AAAAAAAAAA==","open')],
  ['an empty body', answerText('')],
  ['{}', answerText('{}')],
  ['a redirect', answerWith(302, { location: 'http://127.0.0.1:9/' }, '')],
  ['100 KB', answerText(`{"openid":"${'a'.repeat(100_000)}"}`)],
];

describe('when the platform refuses or fails', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;

  beforeAll(async () => {
    wechat = await startStandInWechat();
    gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  });

  beforeEach(() => {
    wechat.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await wechat.close();
  });

  /** The one line a failure leaves: what an operator needs, by the id the client has. */
  function linesOf(requestId: unknown) {
    return gateway.logLines.filter((line) => line.requestId === requestId && 'code' in line);
  }

  test.each(ERRCODES)('errcode %j is answered %i %s', async (errcode, status, code, reason) => {
    wechat.behaviour = answerJson({ errcode, errmsg: 'no, rid: 619c7771-0a02d499-79942718' });
    const answer = await gateway.login(codeOf('alice'), { requestId: freshRequestId() });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.body.errors[0].extensions.reason ?? null).toBe(reason);
    expect(answer.body.data).toBeNull();
    expect(wechat.calls).toHaveLength(1);
    expect(linesOf(answer.headers['x-request-id'])).toEqual([
      expect.objectContaining({
        code,
        causeClass: 'AppError',
        errcode: Number(errcode),
        rid: '619c7771-0a02d499-79942718',
        // An operator must act on it: an error of its own, not one more failure.
        ...(status === 500 ? { level: 50, msg: 'misconfigured' } : {}),
      }),
    ]);
    expect(JSON.stringify(answer.body)).not.toContain(String(errcode));
    if (status === 429) expect(answer.headers['retry-after']).toBe('60');
  });

  test.each(NONSENSE)(
    '%s is PLATFORM_UNAVAILABLE within 6 s, for one call and one socket that is freed',
    async (_, behaviour) => {
      let freed = Promise.resolve<unknown>(null);
      wechat.behaviour = (call, response, request) => {
        freed = once(response, 'close');
        return behaviour(call, response, request);
      };
      const took = startOwnTime();
      const answer = await gateway.login(codeOf('alice'), { requestId: freshRequestId() });
      expect(took()).toBeLessThan(6000);
      expect([answer.status, answer.code]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
      expect(wechat.calls).toHaveLength(1);
      await freed;
      expect(linesOf(answer.headers['x-request-id'])).toEqual([
        expect.objectContaining({
          code: 'PLATFORM_UNAVAILABLE',
          causeClass: expect.any(String),
          kind: expect.any(String),
        }),
      ]);
    },
  );

  test('errcode -1 is asked again, a bounded number of times', async () => {
    wechat.behaviour = answerJson({ errcode: -1, errmsg: 'system error' });
    const answer = await gateway.login(codeOf('alice'));
    expect([answer.status, answer.code, answer.headers['retry-after']]).toEqual([503, 'PLATFORM_UNAVAILABLE', '5']);
    expect(wechat.calls.length).toBeGreaterThan(1);
    expect(wechat.calls.length).toBeLessThanOrEqual(4);
  });

  test('a failed exchange gives its claim up: the same login works as soon as the platform does', async () => {
    const code = codeOf('alice');
    const requestId = freshRequestId();
    wechat.behaviour = answerText('', 'text/plain', 502);
    expect((await gateway.login(code, { requestId })).code).toBe('PLATFORM_UNAVAILABLE');
    wechat.behaviour = null;
    expect((await gateway.login(code, { requestId })).code).toBeNull();
  });
});
