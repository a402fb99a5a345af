import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('how long a session lives', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;
  let token: string;

  beforeEach(async () => {
    wechat = await startStandInWechat();
    const config = { sessionIdleTtlMs: 30 * MINUTE_MS, sessionMaxTtlMs: 48 * HOUR_MS };
    gateway = await startTestGateway({ wechatApiUrl: wechat.url, config });
    token = await gateway.tokenFor(codeOf('alice'));
  });

  afterEach(async () => {
    await gateway.close();
    await wechat.close();
  });

  const isGood = async () => (await gateway.viewer(token)).code === null;
  const session = async () => (await gateway.viewer(token)).body.data.viewer.session;

  test('one that is used every ten minutes outlives an idle time-out of thirty, for a day', async () => {
    for (let used = 0; used < 24 * 6; used += 1) {
      gateway.clock.advance(10 * MINUTE_MS);
      expect(await isGood()).toBe(true);
    }
  });

  test('unused, it is good until a millisecond before its idle end, and refused at it', async () => {
    gateway.clock.advance(30 * MINUTE_MS - 1);
    gateway.sqlFaults.always('transaction', 'fail before');
    expect(await isGood()).toBe(true);
    gateway.clock.advance(1);
    expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('used or not, it ends at its absolute end', async () => {
    for (let used = 0; used < 48 * 6 - 1; used += 1) {
      gateway.clock.advance(10 * MINUTE_MS);
      expect(await isGood()).toBe(true);
    }
    gateway.clock.advance(10 * MINUTE_MS - 1);
    expect((await session()).expiresAt).toBe(new Date(gateway.clock.now() + 1).toISOString());
    gateway.clock.advance(1);
    expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('a use is written down after a tenth of the idle time-out, and moves expiresAt', async () => {
    const before = await session();
    gateway.clock.advance(3 * MINUTE_MS);
    expect(await session()).toEqual(before);
    expect(gateway.sessionFaults.calls).not.toContain('replace');

    gateway.clock.advance(1);
    const now = gateway.clock.now();
    expect(await session()).toMatchObject({
      lastSeenAt: new Date(now).toISOString(),
      expiresAt: new Date(now + 30 * MINUTE_MS).toISOString(),
    });
    expect(gateway.sessionFaults.calls.filter((call) => call === 'replace')).toHaveLength(1);
  });

  test('twenty requests at once write one use down', async () => {
    gateway.clock.advance(10 * MINUTE_MS);
    await Promise.all(Array.from({ length: 20 }, isGood));
    expect(gateway.sessionFaults.calls.filter((call) => call === 'replace')).toHaveLength(1);
  });

  test('while SQL does not answer nobody is refused, and a use is written down again half a minute later', async () => {
    gateway.clock.advance(10 * MINUTE_MS);
    gateway.sqlFaults.plan('transaction', 'fail before');
    expect(await isGood()).toBe(true);
    expect(await isGood()).toBe(true);
    expect(gateway.sessionFaults.calls).not.toContain('replace');
    gateway.clock.advance(31_000);
    expect(await isGood()).toBe(true);
    expect(gateway.sessionFaults.calls).toContain('replace');
  });

  test('a clock two hours fast for a minute destroys nothing', async () => {
    gateway.clock.advance(2 * HOUR_MS);
    expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
    gateway.clock.advance(-2 * HOUR_MS);
    expect(await isGood()).toBe(true);
  });
});

test.each([
  ['sessionIdleTtlMs', Number.NaN],
  ['sessionIdleTtlMs', 0],
  ['sessionIdleTtlMs', -1],
  ['sessionIdleTtlMs', 1500.5],
  ['sessionIdleTtlMs', 999],
  ['sessionIdleTtlMs', Number.POSITIVE_INFINITY],
  ['sessionMaxTtlMs', Number.POSITIVE_INFINITY],
  ['sessionMaxTtlMs', 60_000],
])('a gateway whose %s is %d does not start', async (name, value) => {
  const started = startTestGateway({ wechatApiUrl: 'http://127.0.0.1:9', config: { [name]: value } });
  await expect(started).rejects.toThrow(TypeError);
});
