import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { callAsApp, createClock, start, userOf } from './ask.js';

function check(simulator: Simulator, changes: Readonly<Record<string, unknown>> = {}) {
  const { openid } = userOf(simulator, 'alice');
  const body = { version: 2, openid, scene: 1, content: 'hello', ...changes };
  return callAsApp(simulator, '/wxa/msg_sec_check', { body });
}

async function startWithAlice(options = {}) {
  const simulator = await start(options);
  simulator.code('alice');
  return simulator;
}

describe('msg_sec_check', () => {
  test.each([
    ['pass', 100, { content: 'hello' }],
    ['risky', 20001, { content: 'this is Risky' }],
    ['risky', 20001, { content: 'review: 违规内容' }],
    ['risky', 20001, { nickname: 'risky' }],
    ['review', 21000, { content: 'for review' }],
    ['review', 21000, { title: 'review' }],
  ])('suggests %s, label %i, for %j', async (suggest, label, changes) => {
    const simulator = await startWithAlice();
    expect(await check(simulator, changes)).toEqual({
      errcode: 0,
      errmsg: 'ok',
      result: { suggest, label },
      detail: [{ strategy: 'content_model', errcode: 0, suggest, label, prob: 90 }],
      trace_id: expect.stringMatching(/^[0-9a-f]{24}$/),
    });
  });

  test('takes who has logged in within two hours: 61010 before and after that', async () => {
    const { now, passSeconds } = createClock();
    const simulator = await start({ now });
    expect(await check(simulator)).toMatchObject({ errcode: 61010 });
    simulator.code('alice');
    passSeconds(7_200);
    expect(await check(simulator)).toMatchObject({ errcode: 0 });
    passSeconds(1);
    expect(await check(simulator)).toMatchObject({ errcode: 61010 });
    simulator.phoneCode('alice');
    expect(await check(simulator)).toMatchObject({ errcode: 61010 });
  });

  test('takes 2,500 characters, whatever their bytes', async () => {
    const simulator = await startWithAlice();
    expect(await check(simulator, { content: '😀'.repeat(2_500) })).toMatchObject({ errcode: 0 });
    expect(await check(simulator, { content: 'x'.repeat(2_501) })).toMatchObject({ errcode: 47001 });
  });

  test.each([
    [47001, { version: 1 }],
    [47001, { version: undefined }],
    [47001, { content: undefined }],
    [44002, { content: '' }],
    [40129, { scene: 0 }],
    [40129, { scene: 5 }],
    [40129, { scene: '1' }],
    [40003, { openid: 'o-nobody' }],
    [40003, { openid: undefined }],
  ])('answers %i to %j', async (errcode, changes) => {
    expect(await check(await startWithAlice(), changes)).toMatchObject({ errcode });
  });
});
