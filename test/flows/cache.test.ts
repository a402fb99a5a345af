import { afterEach, describe, expect, test } from '@jest/globals';
import { hold } from '../support/faults.js';
import { codeOf, freshRequestId, type TestGateway, type TestGatewayOptions } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/** The clock stands still unless a test moves it: what is kept is kept until then. */
const CACHED = { sessionCacheSize: 100, sessionsPerUser: 100 };

describe('requests that are answered from what was read before', () => {
  let two: TwoProcesses;

  afterEach(() => two.close());

  async function start(config: TestGatewayOptions['config'] = {}): Promise<string> {
    two = await startTwoProcesses({ p1: { ...CACHED, ...config }, p2: { ...CACHED, ...config } });
    return two.p1.tokenFor(codeOf('alice'));
  }

  async function answers(gateway: TestGateway, token: string): Promise<unknown> {
    const answer = await gateway.viewer(token);
    return answer.code ?? answer.body.data.viewer.openid;
  }

  const reads = ({ sessionFaults }: TestGateway) => sessionFaults.calls.filter((call) => call === 'get').length;

  async function bothKnow(token: string): Promise<void> {
    expect([await answers(two.p1, token), await answers(two.p2, token)]).toEqual(['alice', 'alice']);
  }

  test('ask the store once a second', async () => {
    const token = await start();
    await bothKnow(token);
    const before = reads(two.p1);
    for (let n = 0; n < 10; n += 1) expect(await answers(two.p1, token)).toBe('alice');
    expect(reads(two.p1)).toBe(before);
    two.clock.advance(SECOND);
    expect(await answers(two.p1, token)).toBe('alice');
    expect(reads(two.p1)).toBe(before + 1);
  });

  describe('after a logout was answered', () => {
    test('are refused at once where it was taken, and elsewhere after a second', async () => {
      const token = await start();
      await bothKnow(token);
      await two.p1.logout(token);
      expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
      two.clock.advance(SECOND);
      expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
    });

    test('are refused although they were served while it was under way', async () => {
      const token = await start();
      await bothKnow(token);
      const deletion = hold('before');
      two.p1.sessionFaults.plan('delete', deletion);
      const loggingOut = two.p1.logout(token);
      await deletion.arrived;
      expect(await answers(two.p1, token)).toBe('alice');
      deletion.release();
      expect((await loggingOut).body.data.logout.ended).toBe(true);
      expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
    });

    test('join no read that began more than a second ago in the other process', async () => {
      const token = await start();
      const slow = hold('after');
      two.p2.sessionFaults.plan('get', slow);
      const before = two.p2.viewer(token);
      await slow.arrived;
      await two.p1.logout(token);
      two.clock.advance(SECOND);
      expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
      slow.release();
      await before;
      expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
    });

    test('are refused elsewhere a second after a read that was slow to answer', async () => {
      const token = await start();
      const slow = hold('after');
      two.p2.sessionFaults.plan('get', slow);
      const before = two.p2.viewer(token);
      await slow.arrived;
      await two.p1.logout(token);
      two.clock.advance(600);
      slow.release();
      await before;
      two.clock.advance(400);
      expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
    });

    test('are refused at once although the first logout was in doubt', async () => {
      const token = await start();
      await bothKnow(token);
      two.p1.sessionFaults.plan('delete', 'fail after');
      expect((await two.p1.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
      expect((await two.p1.logout(token)).body.data.logout.ended).toBe(true);
      expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
    });
  });

  test('with a session that a login replaced, or that was one too many, are refused at once in that process', async () => {
    const old = await start({ sessionsPerUser: 2 });
    await bothKnow(old);
    two.clock.advance(1);
    const replacing = await two.p1.tokenFor(codeOf('alice'), { token: old });
    expect(await answers(two.p1, old)).toBe('UNAUTHENTICATED');
    await bothKnow(replacing);
    for (let n = 0; n < 2; n += 1) {
      two.clock.advance(1);
      await two.p1.tokenFor(codeOf('alice'));
    }
    expect(await answers(two.p1, replacing)).toBe('UNAUTHENTICATED');
    two.clock.advance(SECOND);
    for (const token of [old, replacing]) expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
  });

  test('with a session that has ended are refused where a read was under way, of which nothing is kept', async () => {
    const token = await start({ sessionsPerUser: 1 });
    const slow = hold('after');
    two.p1.sessionFaults.plan('get', slow);
    const before = two.p1.viewer(token);
    await slow.arrived;
    two.clock.advance(1);
    // Not by a logout, which would ask who sent it.
    await two.p1.tokenFor(codeOf('alice'));
    expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
    slow.release();
    // It asked before the end.
    expect((await before).code).toBeNull();
    expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
  });

  test('right after a login and its repeat, on either process, are never refused', async () => {
    await start();
    for (let round = 0; round < 20; round += 1) {
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      const [first, second] = await Promise.all([two.p1.login(login.code, login), two.p2.login(login.code, login)]);
      const token: string = first.body.data.login.token;
      expect(second.body.data.login.token).toBe(token);
      await bothKnow(token);
    }
  });

  test('write the use of a session down once', async () => {
    const token = await start();
    two.clock.advance(2 * HOUR);
    for (let n = 0; n < 5; n += 1) expect(await answers(two.p1, token)).toBe('alice');
    expect(two.p1.sessionFaults.calls.filter((call) => call === 'replace')).toHaveLength(1);
  });

  test('are refused at once when a touch has found that the session ended elsewhere', async () => {
    const token = await start();
    await bothKnow(token);
    // So that only SQL knows of the end.
    two.p2.sessionFaults.plan('delete', 'fail before');
    await two.p2.logout(token);
    two.clock.advance(2 * HOUR);
    expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
    const asked = two.p1.sqlFaults.calls.length;
    expect(await answers(two.p1, token)).toBe('UNAUTHENTICATED');
    // What was deleted is not asked about again.
    expect(two.p1.sqlFaults.calls).toHaveLength(asked);
  });

  test('are good on both processes for as long as one of them is used in time', async () => {
    const token = await start({ sessionIdleTtlMs: SECOND, sessionMaxTtlMs: HOUR });
    for (let round = 0; round < 5; round += 1) {
      two.clock.advance(50);
      expect(await answers(two.p1, token)).toBe('alice');
      two.clock.advance(100);
      expect(await answers(two.p2, token)).toBe('alice');
      // By what this process read less than a second ago, it is over.
      two.clock.advance(860);
      expect(await answers(two.p1, token)).toBe('alice');
    }
  });

  test('are served for a second when the store fails, and then told so; nobody is logged out', async () => {
    const token = await start();
    expect(await answers(two.p1, token)).toBe('alice');
    two.p1.sessionFaults.always('get', 'fail before');
    two.clock.advance(SECOND - 1);
    expect(await answers(two.p1, token)).toBe('alice');
    two.clock.advance(1);
    expect(await answers(two.p1, token)).toBe('SERVICE_UNAVAILABLE');
    two.p1.sessionFaults.clear();
    expect(await answers(two.p1, token)).toBe('alice');
  });

  test('ask the store each time with SESSION_CACHE=0', async () => {
    const token = await start({ sessionCacheSize: 0 });
    await bothKnow(token);
    await two.p1.logout(token);
    expect(await answers(two.p2, token)).toBe('UNAUTHENTICATED');
  });
});
