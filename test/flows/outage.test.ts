import { expect, jest, test } from '@jest/globals';
import { type Suffered, suffer, viewerTimes } from '../support/load.js';
import { rounds } from '../support/rounds.js';
import {
  answerJson,
  answerText,
  hang,
  hold,
  resetAfterRequest,
  startStandInWechat,
} from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway } from '../support/test-gateway.js';
import type { Answered } from './children/phones.js';

const IS_SOAK = rounds(0, 1) === 1;
const RUNS = rounds(1, 3);
const MAX_HEAP_GROWTH_MB = 20;
const MAX_P99_RATIO = 2;
// The breaker's own numbers, typed again here.
const FAILURES_TO_OPEN = 20;
const PROBE_EVERY_MS = 1000;
const MAX_UNANSWERED = 250;

// A soak takes minutes.
jest.setTimeout(900_000);

const badGateway = answerText('<html>Bad Gateway</html>', 'text/html', 502);
const quotaUsedUp = answerJson({ errcode: 45011, errmsg: 'api minute-quota reach limit' });

function expectNoHarm(suffered: Suffered): void {
  const { viewers, logins, downAt, upAt, goodAt, breakerLines, calls, mostUnderWay } = suffered;
  expect(viewers.length).toBeGreaterThan(0);
  expect(viewers.filter(({ isGood }) => !isGood)).toEqual([]);

  expect(logins.filter((login) => !login.isGood && !isRefusal(login))).toEqual([]);
  const duringOutage = logins.filter(({ sentAt, answeredAt }) => sentAt > downAt && answeredAt < upAt);
  expect(duringOutage.length).toBeGreaterThan(FAILURES_TO_OPEN);
  expect(duringOutage.filter(({ isGood }) => isGood)).toEqual([]);

  expect(breakerLines.map(({ isOpen }) => isOpen)).toEqual([true, false]);
  const openedAt = breakerLines[0]?.at ?? Number.NaN;
  const askedBefore = logins.filter(({ sentAt, answeredAt }) => sentAt <= openedAt && answeredAt >= downAt);
  expect(calls).toBeLessThanOrEqual(askedBefore.length + (upAt - openedAt) / PROBE_EVERY_MS + 1);
  // One a second beyond that for as long as an exchange may take; and WeChat may notice a little later than the gateway
  // that a call was given up.
  expect(mostUnderWay).toBeLessThanOrEqual(MAX_UNANSWERED + FAILURES_TO_OPEN);

  expect(goodAt).not.toBeNull();
  const afterwards = logins.filter(({ sentAt, isCrowd }) => sentAt > (goodAt ?? Number.NaN) && !isCrowd);
  expect(afterwards.length).toBeGreaterThan(0);
  expect(afterwards.filter(({ isGood }) => !isGood)).toEqual([]);
}

function isRefusal({ status, code, retryAfterSeconds }: Answered): boolean {
  const isKnown = (status === 503 && code === 'PLATFORM_UNAVAILABLE') || (status === 429 && code === 'RATE_LIMITED');
  return isKnown && (retryAfterSeconds ?? 0) > 0;
}

/** Prints what a soak is for, and judges the heap: the times are of no use while other tests run. */
function expectNoGrowth(suffered: Suffered): void {
  if (!IS_SOAK) return;
  const { heapBeforeMb, heapAfterMb, calls, mostUnderWay, upAt, goodAt, downAt, breakerLines } = suffered;
  const { calm, outage } = viewerTimes(suffered);
  const openedAfterMs = (breakerLines[0]?.at ?? Number.NaN) - downAt;
  const goodAfterMs = (goodAt ?? Number.NaN) - upAt;
  const numbers = { heapBeforeMb, heapAfterMb, calm, outage, calls, mostUnderWay, openedAfterMs, goodAfterMs };
  console.info(JSON.stringify({ test: expect.getState().currentTestName, ...numbers }));
  expect(heapAfterMb - heapBeforeMb).toBeLessThan(MAX_HEAP_GROWTH_MB);
}

test('an outage of WeChat harms nobody who is logged in, and ends by itself', async () => {
  const ratios: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const suffered = await suffer({
      phases: [
        [rounds(1500, 30_000), hang],
        [rounds(3500, 30_000), badGateway],
      ],
    });
    expectNoHarm(suffered);
    expectNoGrowth(suffered);
    const { calm, outage } = viewerTimes(suffered);
    ratios.push(outage.p99 / calm.p99);
  }
  if (!IS_SOAK) return;
  // Of the same viewers in the minute before, when fewer log in, and their logins work: more of them would make it the
  // busier minute of the two.
  ratios.sort((a, b) => a - b);
  expect(ratios[Math.floor(RUNS / 2)]).toBeLessThanOrEqual(MAX_P99_RATIO);
});

// What can be repeated harms no more in the next test either.
if (IS_SOAK) {
  test('an outage harms no more when every login can be repeated', async () => {
    const suffered = await suffer({
      phases: [
        [rounds(1500, 30_000), hang],
        [rounds(2500, 30_000), badGateway],
      ],
      traffic: { withRequestId: true },
    });
    expectNoHarm(suffered);
    expectNoGrowth(suffered);
  });
}

test('an outage of resets, and then of a quota that is used up, is told as both', async () => {
  const suffered = await suffer({
    phases: [
      [rounds(2500, 30_000), resetAfterRequest],
      [rounds(2500, 30_000), quotaUsedUp],
    ],
    traffic: { withRequestId: true },
  });
  expectNoHarm(suffered);
  expectNoGrowth(suffered);
  const refusals = suffered.logins.filter(({ isGood }) => !isGood);
  const told = new Set(refusals.map(({ code, retryAfterSeconds }) => `${code} ${retryAfterSeconds}`));
  expect(told).toEqual(new Set(['PLATFORM_UNAVAILABLE 5', 'RATE_LIMITED 60']));
});

test('in an outage the crowd behind one address is limited, and the others log in as soon as it ends', async () => {
  const limit = { count: rounds(20, 300), windowSeconds: 60 };
  const suffered = await suffer({
    phases: [
      [rounds(2500, 30_000), badGateway],
      [rounds(1500, 30_000), hang],
    ],
    traffic: { fromOneAddress: true },
    config: { trustProxy: 1, loginLimitPerIp: limit },
  });
  expectNoHarm(suffered);
  expectNoGrowth(suffered);
  const crowd = suffered.logins.filter(({ isCrowd }) => isCrowd);
  const limited = crowd.filter(
    ({ code, retryAfterSeconds }) => code === 'RATE_LIMITED' && (retryAfterSeconds ?? 0) <= 60,
  );
  // The window may end once in the outage, and once more after it.
  expect(crowd.length - limited.length).toBeLessThanOrEqual(limit.count * (IS_SOAK ? 3 : 2));
  expect(limited.length).toBeGreaterThan(0);
});

test('those whom an outage left hanging, and who learn of it after its end, do not begin another one', async () => {
  const wechat = await startStandInWechat();
  const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  const held = hold(FAILURES_TO_OPEN);
  wechat.behaviour = async (call, response, request) => {
    if (!call.code.startsWith('hanging')) return 'default';
    await held.behaviour(call, response, request);
    return badGateway(call, response, request);
  };
  const hanging = Array.from({ length: FAILURES_TO_OPEN }, () => gateway.login(codeOf('hanging')));
  await held.arrived;
  gateway.clock.advance(1);
  expect((await gateway.login(codeOf('alice'))).code).toBeNull();
  held.release();
  for (const login of hanging) expect((await login).code).toBe('PLATFORM_UNAVAILABLE');
  expect((await gateway.login(codeOf('bob'))).code).toBeNull();
  await gateway.close();
  await wechat.close();
});
