import { describe, expect, test } from '@jest/globals';
import { createMissAlarm } from '../../src/auth/miss-alarm.js';
import { randomToken } from '../../src/sessions/token.js';
import { startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, createTestClock, startTestGateway } from '../support/test-gateway.js';

/** An alarm on a clock, and how often it was raised. */
function alarm() {
  const clock = createTestClock();
  const raisedAt: number[] = [];
  const note = createMissAlarm(clock.now, () => raisedAt.push(clock.now()));
  const look = (misses: number, hits = 0) => {
    for (let index = 0; index < hits; index += 1) note(false);
    for (let index = 0; index < misses; index += 1) note(true);
    return raisedAt.length;
  };
  return { clock, look };
}

describe('the alarm over tokens that name no session', () => {
  test.each([
    [50, 0, 1],
    [49, 0, 0],
    [51, 50, 1],
    [50, 50, 0],
    [1000, 1000, 0],
    [1, 1000, 0],
  ])('after %i misses and %i hits within 10 s is raised %i times', (misses, hits, raised) => {
    expect(alarm().look(misses, hits)).toBe(raised);
  });

  test('is not raised by misses that are spread over time', () => {
    const { clock, look } = alarm();
    for (let second = 0; second < 600; second += 1) {
      expect(look(4)).toBe(0);
      clock.advance(1000);
    }
  });

  test('is raised once a minute, for as long as it goes on', () => {
    const { clock, look } = alarm();
    for (let second = 0; second < 180; second += 1) {
      look(100);
      clock.advance(1000);
    }
    expect(look(0)).toBe(3);
  });

  test('is raised after a good while, too', () => {
    const { clock, look } = alarm();
    expect(look(0, 10_000)).toBe(0);
    clock.advance(10_000);
    expect(look(50)).toBe(1);
  });

  test('does not add up what lies before and after a clock that was turned back', () => {
    const { clock, look } = alarm();
    look(30);
    clock.advance(-3_600_000);
    expect(look(30)).toBe(0);
  });

  test('is raised when the clock was turned back', () => {
    const { clock, look } = alarm();
    look(50);
    clock.advance(-3_600_000);
    expect(look(50)).toBe(2);
  });

  test('is one line of the log for an operator, when the store of a gateway has lost its sessions', async () => {
    const wechat = await startStandInWechat();
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
    const alarms = () => gateway.logLines.filter((line) => line.alarm !== undefined).map((line) => line.alarm);
    const token = await gateway.tokenFor(codeOf('alice'));
    for (let index = 0; index < 20; index += 1) await gateway.viewer(token);
    // What cannot be a token says nothing about the store, and is not looked up.
    for (let index = 0; index < 60; index += 1) await gateway.viewer(`no-token-${index}`);
    expect(alarms()).toEqual([]);
    for (let index = 0; index < 60; index += 1) {
      expect((await gateway.viewer(randomToken())).code).toBe('UNAUTHENTICATED');
    }
    expect(alarms()).toEqual(['many tokens name no session']);
    await gateway.close();
    await wechat.close();
  });
});
