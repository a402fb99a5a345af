import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type HeldCall, hold, late } from '../support/faults.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { hold as holdUpstream } from '../support/stand-in-wechat.js';
import { type Answer, APPID, codeOf, type LoginOptions, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/** So that the cap ends no session that a test counts. */
const ROOMY = { sessionsPerUser: 1000 };
const SESSIONS = '{ viewer { sessions { id current platform appid ip device createdAt lastSeenAt expiresAt } } }';
const REVOKE = 'mutation ($id: ID!) { revokeSession(input: { id: $id }) { ended } }';
const REVOKE_ALL = 'mutation ($input: RevokeSessionsInput) { revokeSessions(input: $input) { ended } }';

describeOnEachDatabase(
  'ending sessions',
  (open) => {
    let two: TwoProcesses;

    beforeEach(async () => {
      two = await startTwoProcesses({ p1: ROOMY, p2: ROOMY }, open);
    });
    afterEach(() => two.close());

    interface SignedIn {
      readonly token: string;
      readonly id: string;
    }

    async function signIn(openid = 'alice', options?: LoginOptions): Promise<SignedIn> {
      const { login } = (await two.p1.login(codeOf(openid), options)).body.data;
      return { token: login.token, id: login.viewer.session.id };
    }

    /** In the process that ended them at once; the others may remember them for a second. */
    async function expectRefused(...tokens: string[]): Promise<void> {
      two.clock.advance(SECOND + 1);
      for (const token of tokens) {
        for (const process of [two.p1, two.p2]) expect((await process.viewer(token)).code).toBe('UNAUTHENTICATED');
      }
    }

    async function expectGood(...tokens: string[]): Promise<void> {
      for (const token of tokens) {
        for (const process of [two.p1, two.p2]) expect((await process.viewer(token)).code).toBeNull();
      }
    }

    const revoke = (by: TestGateway, token: string, id: string) => by.graphql(REVOKE, { token, variables: { id } });
    const revokeAll = (by: TestGateway, token: string, input?: { keepCurrent: boolean | null }) =>
      by.graphql(REVOKE_ALL, { token, variables: { input } });
    const listOf = async (token: string) => (await two.p2.graphql(SESSIONS, { token })).body.data.viewer.sessions;

    describe('the list of sessions', () => {
      test('has the live ones of this user, newest first, and says which one asks', async () => {
        const oldest = await signIn();
        two.clock.advance(SECOND);
        const ended = await signIn();
        await two.p1.logout(ended.token);
        await signIn('bob');
        const newest = await signIn();
        const shown = (session: { id: string; current: boolean }) => [session.id, session.current];
        expect((await listOf(newest.token)).map(shown)).toEqual([
          [newest.id, true],
          [oldest.id, false],
        ]);
        expect((await listOf(oldest.token)).map(shown)).toEqual([
          [newest.id, false],
          [oldest.id, true],
        ]);
      });

      test('leaves out what is over and what is not open yet', async () => {
        await signIn();
        two.clock.advance(7 * 24 * HOUR - HOUR);
        const { token, id } = await signIn();
        two.clock.advance(HOUR);
        const commit = hold('before');
        two.p1.sqlFaults.plan('transaction', 'pass', commit);
        const opening = two.p1.login(codeOf('alice'));
        await commit.arrived;
        expect((await listOf(token)).map((session: { id: string }) => session.id)).toEqual([id]);
        commit.release();
        await opening;
      });

      test.each([
        ['by nobody', null, '203.0.113.9, 198.51.100.7', '127.0.0.1'],
        ['by the one proxy in front', 1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
        ['by two proxies', 2, '203.0.113.9, ::ffff:198.51.100.7, 192.0.2.1', '198.51.100.7'],
        ['by a proxy that passed on no address', 1, '203.0.113.9, nobody', '127.0.0.1'],
      ])('names the address that is vouched for %s', async (_by, trustProxy, forwarded, ip) => {
        const behind = await two.join({ trustProxy });
        const answer = await behind.graphql(
          'mutation ($code: String!) { login(input: { code: $code }) { token viewer { session { ip } } } }',
          { variables: { code: codeOf('alice') }, headers: { 'x-forwarded-for': forwarded } },
        );
        const { token, viewer } = answer.body.data.login;
        expect([viewer.session.ip, (await listOf(token))[0].ip]).toEqual([ip, ip]);
      });

      test('says where each came from, and when it was last used', async () => {
        const long = `Phone/1.0 ${'x'.repeat(300)}`;
        const login = 'mutation ($code: String!) { login(input: { code: $code }) { token } }';
        const answer = await two.p1.graphql(login, {
          variables: { code: codeOf('alice') },
          headers: { 'user-agent': long },
        });
        const { token } = answer.body.data.login;
        two.clock.advance(2 * HOUR);
        const used = new Date(two.clock.now()).toISOString();
        const { session } = (
          await two.p1.graphql('{ viewer { session { lastSeenAt ip device current platform appid } } }', { token })
        ).body.data.viewer;
        const expected = {
          lastSeenAt: used,
          current: true,
          platform: 'WECHAT',
          appid: APPID,
          ip: '127.0.0.1',
          device: long.slice(0, 200),
        };
        expect(session).toEqual(expected);
        expect(await listOf(token)).toMatchObject([expected]);
      });

      test("is in a login's answer too, where the new session is the current one", async () => {
        const older = await signIn();
        const login = `mutation ($code: String!) { login(input: { code: $code }) {
        viewer { session { id current } sessions { id current } } } }`;
        for (const token of [null, older.token]) {
          two.clock.advance(SECOND);
          const answer = await two.p1.graphql(login, { token, variables: { code: codeOf('alice') } });
          const { session, sessions } = answer.body.data.login.viewer;
          expect(session.current).toBe(true);
          expect(sessions[0]).toEqual(session);
          expect(sessions.slice(1).every((other: { current: boolean }) => !other.current)).toBe(true);
        }
      });
    });

    describe('revokeSession', () => {
      test('ends that session in every process, and no other', async () => {
        const [mine, other, third] = [await signIn(), await signIn(), await signIn()];
        expect((await revoke(two.p2, mine.token, other.id)).body.data.revokeSession).toEqual({ ended: true });
        await expectRefused(other.token);
        await expectGood(mine.token, third.token);
        expect((await revoke(two.p1, mine.token, other.id)).body.data.revokeSession).toEqual({ ended: false });
        expect(await two.countOf('values')).toBe(2);
      });

      test('ends the session that asks', async () => {
        const { token, id } = await signIn();
        expect((await revoke(two.p1, token, id)).body.data.revokeSession).toEqual({ ended: true });
        await expectRefused(token);
      });

      test("ends nothing for another user's id, or what is no id", async () => {
        const [mine, theirs] = [await signIn(), await signIn('bob')];
        for (const id of [theirs.id, 'nonsense', '', '\0', 'x'.repeat(1000), "' OR 1=1 --"]) {
          expect((await revoke(two.p1, mine.token, id)).body.data.revokeSession).toEqual({ ended: false });
        }
        await expectGood(mine.token, theirs.token);
        expect(await two.count('open')).toBe(2);
      });

      test('wants a viewer', async () => {
        const { token, id } = await signIn();
        await two.p1.logout(token);
        for (const sent of ['', token]) expect((await revoke(two.p1, sent, id)).code).toBe('UNAUTHENTICATED');
      });
    });

    describe('revokeSessions', () => {
      test('ends all but the one that asks, and counts the live ones', async () => {
        const over = await signIn();
        two.clock.advance(7 * 24 * HOUR);
        const others = [await signIn(), await signIn(), await signIn()];
        const ended = await signIn();
        await two.p1.logout(ended.token);
        const [mine, bob] = [await signIn(), await signIn('bob')];
        expect((await revokeAll(two.p2, mine.token)).body.data.revokeSessions).toEqual({ ended: 3 });
        await expectRefused(over.token, ...others.map(({ token }) => token));
        await expectGood(mine.token, bob.token);
        expect((await revokeAll(two.p1, mine.token)).body.data.revokeSessions).toEqual({ ended: 0 });
      });

      test.each([
        [{ keepCurrent: true }, true],
        [{ keepCurrent: null }, true],
        [undefined, true],
        [{ keepCurrent: false }, false],
      ])('with %j keeps the one that asks: %s', async (input, isKept) => {
        const [mine, other] = [await signIn(), await signIn()];
        const { ended } = (await revokeAll(two.p1, mine.token, input)).body.data.revokeSessions;
        expect(ended).toBe(isKept ? 1 : 2);
        await expectRefused(other.token);
        if (isKept) await expectGood(mine.token);
        else await expectRefused(mine.token);
      });

      test('wants a viewer', async () => {
        const { token } = await signIn();
        expect((await revokeAll(two.p1, '')).code).toBe('UNAUTHENTICATED');
        await expectGood(token);
      });

      test('takes one call of the store and one commit for a hundred sessions', async () => {
        const { token } = await signIn();
        for (let some = 0; some < 10; some += 1) {
          await Promise.all(Array.from({ length: 25 }, () => two.p1.tokenFor(codeOf('alice'))));
        }
        const before = two.p2.sqlFaults.calls.length;
        expect((await revokeAll(two.p2, token)).body.data.revokeSessions).toEqual({ ended: 250 });
        const calls = two.p2.sqlFaults.calls.slice(before);
        expect(calls.filter((call) => call === 'transaction')).toHaveLength(1 + 3);
        expect(two.p2.sessionFaults.calls.filter((call) => call.startsWith('delete'))).toHaveLength(3);
        expect([await two.countOf('values'), await two.count('open')]).toEqual([1, 1]);
      });

      test.each(['fail before', 'fail after'] as const)(
        'is not answered while a deletion is not confirmed (%s), and the same again settles it',
        async (fault) => {
          const mine = await signIn();
          const others = [await signIn(), await signIn()];
          two.p1.sessionFaults.plan('deleteAll', fault);
          expect((await revokeAll(two.p1, mine.token)).code).toBe('SERVICE_UNAVAILABLE');
          expect((await revokeAll(two.p2, mine.token)).body.data.revokeSessions).toEqual({ ended: 2 });
          await expectRefused(...others.map(({ token }) => token));
          expect(await two.countOf('values')).toBe(1);
        },
      );

      test('is not undone by a touch that was on its way', async () => {
        const [mine, other] = [await signIn(), await signIn()];
        two.clock.advance(2 * HOUR);
        const touch = late();
        two.p1.sessionFaults.plan('replace', touch);
        expect((await two.p1.viewer(other.token)).code).toBeNull();
        expect((await revokeAll(two.p2, mine.token)).body.data.revokeSessions).toEqual({ ended: 1 });
        await touch.land();
        await expectRefused(other.token);
      });

      test('of which a login begins after the answer, that login lives', async () => {
        const mine = await signIn();
        await revokeAll(two.p2, mine.token, { keepCurrent: false });
        await expectGood((await signIn()).token);
      });
    });

    // Without a requestId a login makes two transactions: its opening row, and the commit point. Its value is stored between.
    describe('a revoke of all while a login is under way', () => {
      let asking: SignedIn;
      beforeEach(async () => {
        asking = await signIn();
      });

      async function loginAround(plan: (held: HeldCall) => void, when: HeldCall['when']): Promise<Answer> {
        const held = hold(when);
        plan(held);
        const login = two.p1.login(codeOf('alice'));
        await held.arrived;
        expect((await revokeAll(two.p2, asking.token, { keepCurrent: false })).code).toBeNull();
        held.release();
        return login;
      }

      test('leaves one that has no row yet alone: it is a later login', async () => {
        const beforeRow = await loginAround((held) => two.p1.sqlFaults.plan('transaction', held), 'before');
        await expectGood(beforeRow.body.data.login.token);

        asking = await signIn();
        const upstream = holdUpstream();
        two.wechat.behaviour = upstream.behaviour;
        const inExchange = two.p1.login(codeOf('alice'));
        await upstream.arrived;
        await revokeAll(two.p2, asking.token, { keepCurrent: false });
        upstream.release();
        await expectGood((await inExchange).body.data.login.token);
      });

      test.each<[string, HeldCall['when'], (held: HeldCall) => void]>([
        ['its row is there', 'after', (held) => two.p1.sqlFaults.plan('transaction', held)],
        ['its value is about to be stored', 'before', (held) => two.p1.sessionFaults.plan('set', held)],
        ['its value is stored', 'after', (held) => two.p1.sessionFaults.plan('set', held)],
        ['it is before its commit point', 'before', (held) => two.p1.sqlFaults.plan('transaction', 'pass', held)],
      ])('refuses one when %s', async (_, when, plan) => {
        expect((await loginAround(plan, when)).code).toBe('CODE_INVALID');
        expect([await two.count('open'), await two.countOf('values')]).toEqual([0, 0]);
      });

      test('that has passed its commit point ends it: its token is dead when it arrives', async () => {
        const answer = await loginAround((held) => two.p1.sqlFaults.plan('transaction', 'pass', held), 'after');
        await expectRefused(answer.body.data.login.token);
        expect([await two.count('open'), await two.countOf('values')]).toEqual([0, 0]);
      });
    });

    test('a device in use is not ended for the cap while there are sessions that are over', async () => {
      const capped = await two.join({ sessionsPerUser: 2 });
      const inUse = await capped.tokenFor(codeOf('alice'));
      two.clock.advance(SECOND);
      await capped.tokenFor(codeOf('alice'));
      two.clock.advance(6 * 24 * HOUR);
      await expectGood(inUse);
      // The younger one has not been used for seven days.
      two.clock.advance(24 * HOUR);
      const fresh = await capped.tokenFor(codeOf('alice'));
      await expectGood(inUse, fresh);
    });

    test('every revoke leaves a line in the log', async () => {
      const [mine, other] = [await signIn(), await signIn()];
      await revoke(two.p1, mine.token, other.id);
      await revoke(two.p1, mine.token, 'something else');
      await revokeAll(two.p1, mine.token);
      const lines = two.p1.logLines.filter(({ msg }) => `${msg}`.startsWith('revoke'));
      expect(lines).toMatchObject([
        { msg: 'revoke session', sessionId: other.id, by: mine.id, ended: true },
        { msg: 'revoke session', sessionId: null, by: mine.id, ended: false },
        { msg: 'revoke sessions', by: mine.id, keepCurrent: true, ended: 0 },
      ]);
    });
  },
  { postgres: 'soak' },
);
