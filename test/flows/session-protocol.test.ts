import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hold, late } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { hold as holdUpstream, sessionKeyOf } from '../support/stand-in-wechat.js';
import { type Answer, codeOf, freshRequestId, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

// A login with a requestId makes three transactions: (1) find or claim, (2) the opening row, (3) the commit point.
// Between the second and the third its value is stored.

const SECOND = 1000;
const OPENING_OVER_MS = 16 * SECOND;
/** So that the cap ends no session that a test counts. */
const ROOMY = { sessionsPerUser: 100 };
const CLAIM_OVER_MS = 11 * SECOND;

describeOnEachDatabase('the session protocol', (open) => {
  let two: TwoProcesses;
  let code: string;
  let requestId: string;

  beforeEach(async () => {
    two = await startTwoProcesses({ p1: ROOMY, p2: ROOMY }, open);
    code = codeOf('alice');
    requestId = freshRequestId();
  });

  afterEach(() => two.close());

  const tokenOf = (answer: { body: { data?: { login?: { token?: string } } } }) => answer.body.data?.login?.token ?? '';

  async function expectViewer(token: string): Promise<void> {
    for (const process of [two.p1, two.p2]) {
      expect((await process.viewer(token)).body.data?.viewer?.openid).toBe('alice');
    }
  }

  describe('a value whose storing was reported lost but was applied', () => {
    test.each([
      ['before the undo', 'before'],
      ['after the undo', 'after'],
    ] as const)('is never what a repeat answers, when the repeat comes %s', async (_, when) => {
      const undo = hold(when);
      two.p1.sessionFaults.plan('set', 'fail after');
      two.p1.sqlFaults.plan('transaction', 'pass', 'pass', undo);

      const first = two.p1.login(code, { requestId });
      await undo.arrived;
      const repeat = two.p2.login(code, { requestId });
      undo.release();

      expect((await first).code).toBe('SERVICE_UNAVAILABLE');
      await expectViewer(tokenOf(await repeat));
      expect(two.wechat.calls).toHaveLength(1);
      expect(await two.count('open')).toBe(1);
    });

    test('is never what a repeat answers, when the undo itself is lost', async () => {
      two.p1.sessionFaults.plan('set', 'fail after');
      two.p1.sqlFaults.plan('transaction', 'pass', 'pass', 'fail before');

      expect((await two.p1.login(code, { requestId })).code).toBe('SERVICE_UNAVAILABLE');
      two.clock.advance(OPENING_OVER_MS);

      await expectViewer(tokenOf(await two.p2.login(code, { requestId })));
      expect(await two.count('open')).toBe(1);
    });
  });

  test('a value that lands after its login was resumed and logged out opens nothing', async () => {
    const landing = late();
    two.p1.sessionFaults.plan('set', landing);
    expect((await two.p1.login(code, { requestId })).code).toBe('SERVICE_UNAVAILABLE');

    const token = tokenOf(await two.p2.login(code, { requestId }));
    expect((await two.p2.logout(token)).body.data.logout.ended).toBe(true);
    await landing.land();

    expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
    expect((await two.p2.login(code, { requestId })).code).toBe('CODE_INVALID');
    expect(await two.count('open')).toBe(0);
  });

  describe('a first attempt stopped between exchange and row', () => {
    test('is waited for: two equal answers, one exchange', async () => {
      const record = hold('before');
      two.p1.sqlFaults.plan('transaction', 'pass', record);
      const first = two.p1.login(code, { requestId });
      await record.arrived;
      const claimed = two.p2.sqlFaults.calls.length;
      const repeat = two.p2.login(code, { requestId });
      await eventually(() => two.p2.sqlFaults.calls.length > claimed + 1);
      record.release();

      expect((await repeat).body).toEqual((await first).body);
      await expectViewer(tokenOf(await first));
      expect(two.wechat.calls).toHaveLength(1);
    });

    test('is still waited for when its claim has run out and the code turns out to be used', async () => {
      const record = hold('before');
      two.p1.sqlFaults.plan('transaction', 'pass', record);
      const first = two.p1.login(code, { requestId });
      await record.arrived;
      two.clock.advance(CLAIM_OVER_MS);
      const repeat = two.p2.login(code, { requestId });
      await eventually(() => two.wechat.calls.length === 2);
      record.release();

      expect((await repeat).body).toEqual((await first).body);
      expect(await two.count('open')).toBe(1);
    });

    test('that never comes back ends in CODE_INVALID, and leaves no session', async () => {
      const record = hold('before');
      two.p1.sqlFaults.plan('transaction', 'pass', record, 'fail before');
      const first = two.p1.login(code, { requestId });
      await record.arrived;
      record.release('fail');
      expect((await first).code).toBe('SERVICE_UNAVAILABLE');
      two.clock.advance(CLAIM_OVER_MS);

      const repeat = await two.p2.login(code, { requestId });
      expect([repeat.code, repeat.body.errors[0].extensions.reason]).toEqual(['CODE_INVALID', 'USED']);
      expect(await two.countOf('sessions')).toBe(0);
    });
  });

  test('a commit whose answer was lost is answered by the repeat, and there is one session', async () => {
    two.p1.sqlFaults.plan('transaction', 'pass', 'pass', 'fail after');
    expect((await two.p1.login(code, { requestId })).code).toBe('SERVICE_UNAVAILABLE');

    const repeats = [await two.p1.login(code, { requestId }), await two.p2.login(code, { requestId })];
    expect(tokenOf(repeats[0] as never)).toBe(tokenOf(repeats[1] as never));
    await expectViewer(tokenOf(repeats[0] as never));
    expect(await two.count('open')).toBe(1);
    expect(two.wechat.calls).toHaveLength(1);
  });

  test('a login that took longer than its lease and was ended meanwhile is not acknowledged', async () => {
    const commit = hold('before');
    two.p1.sqlFaults.plan('transaction', 'pass', 'pass', commit);
    const slow = two.p1.login(code, { requestId });
    await commit.arrived;
    two.clock.advance(OPENING_OVER_MS);
    const repeat = await two.p2.login(code, { requestId });
    commit.release();

    expect((await slow).code).toBe('CODE_INVALID');
    await expectViewer(tokenOf(repeat));
    expect(await two.count('open')).toBe(1);
    expect(await two.countOf('values')).toBe(1);
  });

  test('a login that got through although its lease was over is what its repeat answers', async () => {
    const [commit, undo] = [hold('before'), hold('before')];
    two.p1.sqlFaults.plan('transaction', 'pass', 'pass', commit);
    const slow = two.p1.login(code, { requestId });
    await commit.arrived;
    two.clock.advance(OPENING_OVER_MS);
    two.p2.sqlFaults.plan('transaction', 'pass', undo);
    const repeat = two.p2.login(code, { requestId });
    await undo.arrived;
    commit.release();
    const token = tokenOf(await slow);
    undo.release();

    expect(tokenOf(await repeat)).toBe(token);
    await expectViewer(token);
    expect(await two.count('open')).toBe(1);
  });

  test('a login that was revoked while its value was being stored, which failed, is not resumed', async () => {
    const asking = await two.p2.tokenFor(codeOf('alice'));
    const storing = hold('before');
    two.p1.sessionFaults.plan('set', storing);
    const login = two.p1.login(code, { requestId });
    await storing.arrived;
    const revoked = await two.p2.graphql('mutation { revokeSessions { ended } }', { token: asking });
    expect(revoked.code).toBeNull();
    storing.release('fail');

    expect((await login).code).toBe('SERVICE_UNAVAILABLE');
    expect((await two.p2.login(code, { requestId })).code).toBe('CODE_INVALID');
    expect(await two.count('open')).toBe(1);
  });

  test('a login whose value was not confirmed is not acknowledged, however the store failed, and its repeat is', async () => {
    for (const fault of ['fail before', 'fail after', late()] as const) {
      const tried = { code: codeOf('alice'), requestId: freshRequestId() };
      two.p1.sessionFaults.plan('set', fault);
      const refused = await two.p1.login(tried.code, tried);
      expect([refused.status, refused.code, refused.body.data]).toEqual([503, 'SERVICE_UNAVAILABLE', null]);
      expect(refused.headers['retry-after']).toBe('1');
      await expectViewer(tokenOf(await two.p1.login(tried.code, tried)));
    }
    expect(two.wechat.calls).toHaveLength(3);
  });

  test('a login that was not stored, resumed by two processes at once, is one session', async () => {
    for (let round = 0; round < rounds(4, 50); round += 1) {
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      two.p1.sessionFaults.plan('set', 'fail after');
      await two.p1.login(login.code, login);
      const resumed = [hold('before'), hold('before')] as const;
      two.p1.sqlFaults.plan('transaction', 'pass', resumed[0]);
      two.p2.sqlFaults.plan('transaction', 'pass', resumed[1]);
      const repeats = [two.p1.login(login.code, login), two.p2.login(login.code, login)];
      // Both have seen the row that was not stored before either takes its login key.
      await Promise.all(resumed.map((held) => held.arrived));
      for (const held of resumed) held.release();
      const [first, second] = await Promise.all(repeats);
      expect(second?.body).toEqual(first?.body);
      expect(first?.code).toBeNull();
      expect(await two.count('open')).toBe(round + 1);
    }
  });

  test('a login without a requestId whose value was not confirmed is not acknowledged', async () => {
    two.p1.sessionFaults.plan('set', 'fail after');
    expect((await two.p1.login(code)).code).toBe('SERVICE_UNAVAILABLE');
    expect((await two.p1.login(code)).code).toBe('CODE_INVALID');
    expect(await two.count('open')).toBe(0);
  });

  describe('logout', () => {
    test('says ended only when the deletion was confirmed, and the same again settles it', async () => {
      for (const fault of ['fail before', 'fail after'] as const) {
        const token = await two.p1.tokenFor(codeOf('alice'));
        two.p1.sessionFaults.plan('delete', fault);
        expect((await two.p1.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
        expect((await two.p2.logout(token)).body.data.logout).toEqual({ ended: true });
        expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
        expect((await two.p2.logout(token)).body.data.logout).toEqual({ ended: false });
      }
      expect(await two.countOf('values')).toBe(0);
    });

    test('is not undone by a touch that was on its way', async () => {
      const token = await two.p1.tokenFor(code);
      two.clock.advance(2 * 3_600_000);
      const touch = late();
      // However it writes.
      for (const call of ['replace', 'set']) two.p1.sessionFaults.plan(call, touch);
      expect((await two.p1.viewer(token)).body.data.viewer.openid).toBe('alice');

      expect((await two.p2.logout(token)).body.data.logout.ended).toBe(true);
      await touch.land();
      expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
      two.clock.advance(3_600_001);
      expect((await two.p2.viewer(token)).code).toBe('UNAUTHENTICATED');
    });
  });

  describe('the token a login carries', () => {
    test('its own, sent along with a repeat, goes on working', async () => {
      const token = await two.p1.tokenFor(code, { requestId });
      expect(tokenOf(await two.p2.login(code, { requestId, token }))).toBe(token);
      await expectViewer(token);
    });

    test('an older one is dead when the login is answered', async () => {
      const old = await two.p1.tokenFor(codeOf('alice'));
      const token = await two.p1.tokenFor(code, { requestId, token: old });
      expect((await two.p2.viewer(old)).code).toBe('UNAUTHENTICATED');
      await expectViewer(token);
      expect(await two.count('open')).toBe(1);
    });

    test('an older one is dead when a repeat is answered, although its deletion failed the first time', async () => {
      const old = await two.p1.tokenFor(codeOf('alice'));
      two.p1.sessionFaults.plan('delete', 'fail before');
      expect((await two.p1.login(code, { requestId, token: old })).code).toBe('SERVICE_UNAVAILABLE');

      const repeat = await two.p2.login(code, { requestId, token: old });
      expect((await two.p2.viewer(old)).code).toBe('UNAUTHENTICATED');
      await expectViewer(tokenOf(repeat));
    });

    test('a younger one, sent along with a late repeat, goes on working', async () => {
      const first = await two.p1.tokenFor(code, { requestId });
      two.clock.advance(SECOND);
      const younger = await two.p1.tokenFor(codeOf('alice'));
      expect(tokenOf(await two.p2.login(code, { requestId, token: younger }))).toBe(first);
      await expectViewer(younger);
    });

    test('does not make room that another device has to give', async () => {
      const capped = await two.join({ sessionsPerUser: 2 });
      const otherDevice = await capped.tokenFor(codeOf('alice'));
      two.clock.advance(SECOND);
      const mine = await capped.tokenFor(codeOf('alice'));
      two.clock.advance(SECOND);
      await capped.tokenFor(code, { token: mine });
      await expectViewer(otherDevice);
    });

    test('dead, malformed or unknown, never makes a login fail', async () => {
      const dead = await two.p1.tokenFor(codeOf('alice'));
      await two.p1.logout(dead);
      for (const token of [dead, 'nonsense', `mj_${'A'.repeat(43)}`]) {
        expect((await two.p1.login(codeOf('alice'), { token })).code).toBeNull();
      }
      two.p1.sessionFaults.plan('get', 'fail before');
      expect((await two.p1.login(codeOf('alice'), { token: `mj_${'B'.repeat(43)}` })).code).toBeNull();
    });
  });

  test('the first request with a new token is never refused, on either process', async () => {
    for (let round = 0; round < rounds(4, 50); round += 1) {
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      const [first, second] = await Promise.all([known(two.p1, login), known(two.p2, login)]);
      expect([first.code, second.code]).toEqual([null, null]);
      expect(tokenOf(first)).toBe(tokenOf(second));
      await expectViewer(tokenOf(first));
    }
    expect(two.wechat.calls).toHaveLength(rounds(4, 50));
  });

  describe('when SECRET_KEYS change between a login and its repeat', () => {
    const old = Buffer.from('CANARY-server-key-32-bytes-long!');
    const fresh = Buffer.alloc(32, 7);

    test('a process that knows both keys answers the same token', async () => {
      const token = await two.p1.tokenFor(code, { requestId });
      const rotated = await two.join({ secretKeys: [fresh, old] });
      expect(tokenOf(await rotated.login(code, { requestId }))).toBe(token);
    });

    test('a process that does not know the new key yet says so, and the code is not burnt', async () => {
      const rotated = await two.join({ secretKeys: [fresh, old] });
      const token = await rotated.tokenFor(code, { requestId });
      const answer = await two.p1.login(code, { requestId });
      expect(answer.code).toBe('SERVICE_UNAVAILABLE');
      expect(tokenOf(await rotated.login(code, { requestId }))).toBe(token);
      expect(two.wechat.calls).toHaveLength(1);
    });
  });

  test('a repeat after logout is CODE_INVALID without asking the platform, even of one that takes codes twice', async () => {
    two.wechat.behaviour = (_call, response) => {
      response.end(JSON.stringify({ openid: 'alice', session_key: sessionKeyOf('alice', 1) }));
      return undefined;
    };
    const token = await two.p1.tokenFor(code, { requestId });
    await two.p1.logout(token);
    const repeat = await two.p2.login(code, { requestId });
    expect([repeat.code, repeat.body.errors[0].extensions.reason]).toEqual(['CODE_INVALID', 'USED']);
    expect(two.wechat.calls).toHaveLength(1);
  });

  const PLANNED = 16;

  test('logins beyond SESSIONS_PER_USER end the oldest, under 50 at once with a store that fails for a third', async () => {
    const capped = await two.join({ sessionsPerUser: 2 });
    const before = [await capped.tokenFor(codeOf('alice')), await capped.tokenFor(codeOf('alice'))];
    two.clock.advance(SECOND);

    capped.sessionFaults.always('set', 'fail after');
    await Promise.all(before.map(() => capped.login(codeOf('alice'))));
    for (const token of before) await expectViewer(token);

    capped.sessionFaults.always('set', 'pass');
    capped.sessionFaults.plan(
      'set',
      ...Array.from({ length: 3 * PLANNED }, (_, n) => (n % 3 === 0 ? 'fail after' : 'pass') as 'pass'),
    );
    const logins = await Promise.all(Array.from({ length: 50 }, () => capped.login(codeOf('alice'))));
    expect(await two.count('open')).toBe(2);
    // On a slow machine a login may not hear of its commit, or a deletion: what was marked as ended, the sweep deletes then.
    const isUnheard = logins.filter((login) => login.code !== null).length > PLANNED;
    const isLeft = capped.logLines.some(({ msg }) => msg === 'sessions that a login has ended are not deleted yet');
    if (isUnheard || isLeft) await capped.running.sweep();
    for (const token of before) expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('a login whose identity moved to another user before its commit point is not acknowledged', async () => {
    const commit = hold('before');
    two.p1.sqlFaults.plan('transaction', 'pass', 'pass', commit);
    const login = two.p1.login(code, { requestId });
    await commit.arrived;
    await two.moveIdentity('alice');
    commit.release();
    expect((await login).code).toBe('CODE_INVALID');
    expect(await two.count('open')).toBe(0);
  });

  test('an exchange that is held while SQL goes away is not acknowledged, and its repeat is told', async () => {
    const upstream = holdUpstream();
    two.wechat.behaviour = upstream.behaviour;
    const login = two.p1.login(code, { requestId });
    await upstream.arrived;
    two.p1.sqlFaults.always('transaction', 'fail before');
    upstream.release();
    expect((await login).code).toBe('SERVICE_UNAVAILABLE');
    expect((await two.p1.login(codeOf('alice'), { requestId: freshRequestId() })).code).toBe('SERVICE_UNAVAILABLE');
    // While SQL is down no code is burnt: the second login was refused before its exchange.
    expect(two.wechat.calls).toHaveLength(1);
  });
});

/** On a machine that is slow a login may not be known at first: the same again settles it. */
async function known(gateway: TestGateway, login: { code: string; requestId: string }): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await gateway.login(login.code, login);
    if (answer.code !== 'SERVICE_UNAVAILABLE' || tries === 5) return answer;
  }
}

/** Waits for something another actor does, without a fixed sleep. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
