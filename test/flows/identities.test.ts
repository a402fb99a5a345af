import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AccountScene, APPS, startAccountScene } from '../support/account-scene.js';
import { type HeldCall, hold } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { codeOf } from '../support/test-gateway.js';

const SECOND = 1000;
/** For the full counts, on a machine that does other things, too. */
const SOAK_MS = 900_000;

describeOnEachDatabase(
  'the identities of a user',
  (open) => {
    let scene: AccountScene;
    beforeAll(async () => {
      // Sessions are remembered for a second, as they are outside of tests.
      scene = await startAccountScene(open, { sessionCacheSize: 1000 });
    });
    afterAll(() => scene?.close());
    beforeEach(() => scene.empty());

    describe('what a user shows', () => {
      test('is asked for when it is asked for: one query for what they are called, one for their identities', async () => {
        const { token } = await scene.signIn('alice');
        const before = scene.p1.sqlFaults.calls.length;
        const small = await scene.p1.graphql('{ viewer { openid user { id createdAt } } }', { token });
        expect(small.code).toBeNull();
        expect(scene.p1.sqlFaults.calls.slice(before)).toEqual([]);

        const fields = 'username nickname avatarUrl identities { openid } again: identities { id }';
        const whole = await scene.p1.graphql(`{ viewer { user { ${fields} } } too: viewer { user { ${fields} } } }`, {
          token,
        });
        expect(whole.body.data.viewer.user).toMatchObject({
          ...{ username: null, nickname: null, avatarUrl: null },
          identities: [{ openid: 'alice' }],
        });
        expect(scene.p1.sqlFaults.calls.slice(before)).toEqual(['query', 'query']);
      });

      test('stands in the answer of the first login, too', async () => {
        const query = `mutation ($input: LoginInput!) { login(input: $input) { viewer { user {
        username identities { id platform appid openid unionid linkedAt lastLoginAt } } } } }`;
        const { body } = await scene.p1.graphql(query, { variables: { input: { code: 'u-bob.1', appid: 'wxone' } } });
        const at = new Date(scene.clock.now()).toISOString();
        expect(body.data.login.viewer.user).toEqual({
          username: null,
          identities: [
            {
              id: await scene.identityId('u-bob', 'wxone'),
              ...{ platform: 'WECHAT', appid: 'wxone', openid: 'u-bob', unionid: 'union-u-bob' },
              ...{ linkedAt: at, lastLoginAt: at },
            },
          ],
        });
      });

      test('is SERVICE_UNAVAILABLE while SQL is away, and the rest of the viewer is answered', async () => {
        const { token } = await scene.signIn('alice');
        scene.p1.sqlFaults.plan('query', 'fail before');
        const answer = await scene.p1.graphql('{ viewer { openid user { identities { id } } } }', { token });
        expect([answer.status, answer.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      });
    });

    describe('linking', () => {
      test('an identity that nobody had makes it one more door to the same user', async () => {
        const alice = await scene.signIn('alice');
        const linked = await scene.link(alice.token, 'alice-two', 'wxtwo');
        expect(linked.body.data.linkIdentity.viewer.user).toMatchObject({
          id: alice.userId,
          identities: [{ openid: 'alice' }, { openid: 'alice-two', appid: 'wxtwo' }],
        });
        expect((await scene.signIn('alice-two', 'wxtwo')).userId).toBe(alice.userId);
        expect(await scene.countOf('users')).toBe(1);
      });

      test('the same again, with a new code, is answered as the first time', async () => {
        const alice = await scene.signIn('alice');
        for (const merge of [false, true]) {
          expect((await scene.link(alice.token, 'alice-two', 'wxtwo', { merge })).code).toBeNull();
        }
        expect((await scene.link(alice.token, 'alice', 'wxone')).code).toBeNull();
        expect(await scene.doors(alice.token)).toEqual(['alice@wxone', 'alice-two@wxtwo']);
        expect((await scene.live(alice))[0]).toBe(true);
      });

      test("another user's identity is IDENTITY_TAKEN and changes nothing; its code is used up", async () => {
        const [alice, bob] = [await scene.signIn('alice'), await scene.signIn('bob', 'wxtwo')];
        const input = { code: codeOf('bob'), appid: 'wxtwo' };
        const query = 'mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { viewer { openid } } }';
        const taken = await scene.p1.graphql(query, { variables: { input }, token: alice.token });
        expect([taken.status, taken.body.errors[0].extensions]).toEqual([
          200,
          { code: 'IDENTITY_TAKEN', mergeable: true },
        ]);

        const again = { ...input, merge: true };
        expect((await scene.p1.graphql(query, { variables: { input: again }, token: alice.token })).code).toBe(
          'CODE_INVALID',
        );
        expect(await scene.doors(alice.token)).toEqual(['alice@wxone']);
        expect(await scene.doors(bob.token)).toEqual(['bob@wxtwo']);
      });

      test('needs a viewer, an app of the tenant and a code of the right form, before any call is made', async () => {
        const alice = await scene.signIn('alice');
        const calls = scene.wechat.calls.length;
        const query = 'mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { viewer { openid } } }';
        const codes: (string | null)[] = [];
        for (const [token, input] of [
          [null, { code: codeOf('bob'), appid: 'wxtwo' }],
          [alice.token, { code: codeOf('bob'), appid: 'wxelsewhere' }],
          [alice.token, { code: codeOf('bob') }],
          [alice.token, { code: codeOf('bob'), appid: 'wxnobody' }],
          [alice.token, { code: 'a b', appid: 'wxtwo' }],
        ] as const) {
          codes.push((await scene.p1.graphql(query, { variables: { input }, token })).code);
        }
        expect(codes).toEqual(['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'UNKNOWN_APP', 'BAD_USER_INPUT']);
        expect(scene.wechat.calls).toHaveLength(calls);
      });

      test('while the session store is away spends no code', async () => {
        const alice = await scene.signIn('alice');
        scene.p1.sqlFaults.plan('query', 'fail before');
        const calls = scene.wechat.calls.length;
        expect((await scene.link(alice.token, 'alice-two', 'wxtwo')).code).toBe('SERVICE_UNAVAILABLE');
        expect(scene.wechat.calls).toHaveLength(calls);
      });

      test('counts as a login where logins are limited', async () => {
        const alice = await scene.signIn('alice');
        const limited = await scene.join({ apps: APPS, loginLimitPerIp: { count: 2, windowSeconds: 60 } });
        for (const openid of ['two', 'three']) {
          expect((await scene.link(alice.token, openid, 'wxtwo', { gateway: limited })).code).toBeNull();
        }
        const calls = scene.wechat.calls.length;
        expect((await scene.link(alice.token, 'four', 'wxtwo', { gateway: limited })).code).toBe('RATE_LIMITED');
        expect((await scene.closeAccount(alice.token, 'alice', limited)).code).toBe('RATE_LIMITED');
        expect(scene.wechat.calls).toHaveLength(calls);
      });

      test.each(['fail before', 'fail after'] as const)(
        'is SERVICE_UNAVAILABLE when the commit was not seen (%s), and a new code settles it',
        async (fault) => {
          const alice = await scene.signIn('alice');
          scene.p1.sqlFaults.plan('transaction', fault);
          expect((await scene.link(alice.token, 'alice-two', 'wxtwo')).code).toBe('SERVICE_UNAVAILABLE');
          expect((await scene.link(alice.token, 'alice-two', 'wxtwo')).code).toBeNull();
          expect(await scene.doors(alice.token)).toEqual(['alice@wxone', 'alice-two@wxtwo']);
        },
      );
    });

    describe('a session that has ended, where it is still remembered', () => {
      const asked = {
        linkIdentity: () => scene.link(token(), 'alice-three', 'wxtwo'),
        unlinkIdentity: async () => scene.unlink(token(), await scene.identityId('alice-two', 'wxtwo')),
        updateProfile: () => scene.updateProfile(token(), { nickname: 'A' }),
        closeAccount: () => scene.closeAccount(token(), 'alice'),
      };
      let alice: { token: string; userId: string };
      const token = () => alice.token;

      beforeEach(async () => {
        alice = await scene.signIn('alice');
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        expect((await scene.p1.viewer(alice.token)).code).toBeNull();
      });

      async function expectNothingDone(): Promise<void> {
        const again = await scene.signIn('alice', 'wxone', scene.p2);
        expect(again.userId).toBe(alice.userId);
        const { body } = await scene.p2.graphql('{ viewer { user { nickname } } }', { token: again.token });
        expect(body.data.viewer.user.nickname).toBeNull();
        expect(await scene.doors(again.token)).toEqual(['alice@wxone', 'alice-two@wxtwo']);
      }

      test.each(Object.keys(asked) as (keyof typeof asked)[])('is UNAUTHENTICATED for %s', async (verb) => {
        await scene.p2.logout(alice.token);
        const calls = scene.wechat.calls.length;
        expect((await asked[verb]()).code).toBe('UNAUTHENTICATED');
        expect(scene.wechat.calls).toHaveLength(calls);
        await expectNothingDone();
      });

      test.each(Object.keys(asked) as (keyof typeof asked)[])(
        'is UNAUTHENTICATED for %s also when it ends just before the commit',
        async (verb) => {
          const commit = hold('before');
          scene.p1.sqlFaults.plan('transaction', commit);
          const answer = asked[verb]();
          await commit.arrived;
          await scene.p2.logout(alice.token);
          commit.release();
          expect((await answer).code).toBe('UNAUTHENTICATED');
          await expectNothingDone();
        },
      );
    });

    describe('unlinking', () => {
      test('ends the sessions through that identity, whose next login makes another user, and no other', async () => {
        const alice = await scene.signIn('alice');
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        const two = await scene.signIn('alice-two', 'wxtwo');
        const unlinked = await scene.unlink(alice.token, await scene.identityId('alice-two', 'wxtwo'));
        expect(unlinked.body.data.unlinkIdentity.viewer.user.identities).toMatchObject([{ openid: 'alice' }]);
        scene.clock.advance(SECOND + 1);
        expect(await scene.live(alice, two)).toEqual([true, false]);

        const other = await scene.signIn('alice-two', 'wxtwo');
        expect(other.userId).not.toBe(alice.userId);
        expect((await scene.link(alice.token, 'alice-two', 'wxtwo')).code).toBe('IDENTITY_TAKEN');
        expect((await scene.link(alice.token, 'alice-two', 'wxtwo', { merge: true })).code).toBeNull();
        expect(await scene.doors(alice.token)).toEqual(['alice@wxone', 'alice-two@wxtwo']);
      });

      test('the identity of this very session is answered, and then the token is worth nothing', async () => {
        const alice = await scene.signIn('alice');
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        const answer = await scene.unlink(alice.token, await scene.identityId('alice', 'wxone'));
        expect(answer.body.data.unlinkIdentity.viewer.user.identities).toMatchObject([{ openid: 'alice-two' }]);
        scene.clock.advance(SECOND + 1);
        expect(await scene.live(alice)).toEqual([false]);
      });

      test('ends a session that acts as somebody else through it', async () => {
        const alice = await scene.signIn('alice');
        expect((await scene.register(alice.token, 'alice')).code).toBeNull();
        const bob = await scene.signIn('bob');
        await scene.link(bob.token, 'bob-two', 'wxtwo');
        const { token, viewer } = (await scene.logInWithPassword('alice', 'bob-two', 'wxtwo')).body.data
          .loginWithPassword;
        expect([viewer.openid, viewer.user.id]).toEqual(['bob-two', alice.userId]);
        expect((await scene.unlink(bob.token, await scene.identityId('bob-two', 'wxtwo'))).code).toBeNull();
        scene.clock.advance(SECOND + 1);
        expect(await scene.live({ token, userId: alice.userId }, alice, bob)).toEqual([false, true, true]);
      });

      test('the only one is LAST_IDENTITY', async () => {
        const alice = await scene.signIn('alice');
        const answer = await scene.unlink(alice.token, await scene.identityId('alice', 'wxone'));
        expect([answer.status, answer.code]).toEqual([200, 'LAST_IDENTITY']);
        expect(await scene.live(alice)).toEqual([true]);
      });

      test("what is none of the user's does nothing: one that is gone, one of somebody else, no id at all", async () => {
        const [alice, bob] = [await scene.signIn('alice'), await scene.signIn('bob')];
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        const gone = await scene.identityId('alice-two', 'wxtwo');
        const ids = [gone, gone, await scene.identityId('bob', 'wxone'), 'nobody', '', '\u0000', 'x'.repeat(1000)];
        for (const id of ids) {
          const { body } = await scene.unlink(alice.token, id);
          expect(body.data.unlinkIdentity.viewer.user.identities).toMatchObject([{ openid: 'alice' }]);
        }
        expect(await scene.live(alice, bob)).toEqual([true, true]);
      });

      test('whose deletions failed is SERVICE_UNAVAILABLE, and the same again settles it', async () => {
        const alice = await scene.signIn('alice');
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        const two = await scene.signIn('alice-two', 'wxtwo');
        const id = await scene.identityId('alice-two', 'wxtwo');
        scene.p1.sessionFaults.plan('delete', 'fail before');
        expect((await scene.unlink(alice.token, id)).code).toBe('SERVICE_UNAVAILABLE');
        expect((await scene.unlink(alice.token, id)).code).toBeNull();
        scene.clock.advance(SECOND + 1);
        expect(await scene.live(alice, two)).toEqual([true, false]);
        expect(await scene.countOf('values')).toBe(1);
      });

      test(
        'the last two at the same moment leaves one: the other is LAST_IDENTITY',
        async () => {
          for (let round = 0; round < rounds(1, 200); round += 1) {
            const openids = [`alice-${round}`, `other-${round}`] as const;
            const alice = await scene.signIn(openids[0]);
            await scene.link(alice.token, openids[1], 'wxtwo');
            const ids = [
              await scene.identityId(openids[0], 'wxone'),
              await scene.identityId(openids[1], 'wxtwo'),
            ] as const;
            const two = await scene.signIn(openids[1], 'wxtwo', scene.p2);
            const answers = await Promise.all([
              scene.unlink(alice.token, ids[1], scene.p1),
              scene.unlink(two.token, ids[0], scene.p2),
            ]);
            const codes = answers.map(({ code }) => code);
            expect(codes.filter((code) => code === null)).toHaveLength(1);
            // Who was faster has ended the other's session, or taken the other's place.
            expect(['LAST_IDENTITY', 'UNAUTHENTICATED']).toContain(codes.find((code) => code !== null));
            expect(await scene.ask(`SELECT id FROM identities WHERE user_id = '${alice.userId}'`)).toHaveLength(1);
          }
        },
        SOAK_MS,
      );

      test(
        'two others of three at once, from the third, leaves none without a door',
        async () => {
          for (let round = 0; round < rounds(1, 200); round += 1) {
            const openids = [`a-${round}`, `b-${round}`] as const;
            const alice = await scene.signIn(openids[0]);
            await scene.link(alice.token, openids[1], 'wxtwo');
            const ids = [await scene.identityId(openids[0], 'wxone'), await scene.identityId(openids[1], 'wxtwo')];
            // A session through neither of them: the account's, in somebody else's hand.
            await scene.register(alice.token, `alice-${round}`);
            const guest = (await scene.logInWithPassword(`alice-${round}`, 'guest')).body.data.loginWithPassword.token;
            const answers = await Promise.all(
              ids.map((id, n) => scene.unlink(guest, id, n === 0 ? scene.p1 : scene.p2)),
            );
            expect(answers.map(({ code }) => `${code}`).sort()).toEqual(['LAST_IDENTITY', 'null']);
          }
        },
        SOAK_MS,
      );
    });

    describe('a login on its way to its commit point is not acknowledged', () => {
      async function slowLogin(): Promise<{ commit: HeldCall; login: Promise<{ code: string | null }> }> {
        const commit = hold('before');
        scene.p1.sqlFaults.plan('transaction', 'pass', commit);
        const login = scene.logIn('alice-two', 'wxtwo');
        await commit.arrived;
        return { commit, login };
      }

      test.each(['unlinkIdentity', 'closeAccount'] as const)(
        'when %s was answered meanwhile',
        async (verb) => {
          for (let round = 0; round < rounds(1, 200); round += 1) {
            const alice = await scene.signIn(`alice-${round}`);
            expect((await scene.link(alice.token, 'alice-two', 'wxtwo', { merge: true })).code).toBeNull();
            const { commit, login } = await slowLogin();
            const ended =
              verb === 'closeAccount'
                ? await scene.closeAccount(alice.token, `alice-${round}`, scene.p2)
                : await scene.unlink(alice.token, await scene.identityId('alice-two', 'wxtwo'), scene.p2);
            expect(ended.code).toBeNull();
            commit.release();
            expect((await login).code).toBe('CODE_INVALID');
            expect(
              await scene.ask("SELECT sid FROM sessions WHERE state = 'open' AND password_version IS NULL"),
            ).toHaveLength(verb === 'closeAccount' ? 0 : round + 1);
          }
        },
        SOAK_MS,
      );

      test('with the password of an account that was closed meanwhile', async () => {
        const alice = await scene.signIn('alice');
        await scene.register(alice.token, 'alice');
        const commit = hold('before');
        scene.p1.sqlFaults.plan('transaction', 'pass', commit);
        const login = scene.logInWithPassword('alice', 'guest');
        await commit.arrived;
        expect((await scene.closeAccount(alice.token, 'alice', scene.p2)).code).toBeNull();
        commit.release();
        expect((await login).code).not.toBeNull();
        expect(await scene.count('open')).toBe(0);
      });
    });

    describe('the profile', () => {
      const profileIn = (answer: { body: { data: { updateProfile: { viewer: { user: unknown } } } } }) =>
        answer.body.data.updateProfile.viewer.user;

      test('keeps what the person says, field by field; null takes it away', async () => {
        const { token } = await scene.signIn('alice');
        const avatarUrl = 'https://example.org/头像.png?size=1';
        const both = await scene.updateProfile(token, { nickname: ' A\u030Angstro\u0308m 小明 👩‍🚀 ', avatarUrl });
        expect(profileIn(both)).toMatchObject({ nickname: 'Ångström 小明 👩‍🚀', avatarUrl });
        expect(profileIn(await scene.updateProfile(token, { nickname: null }))).toMatchObject({
          nickname: null,
          avatarUrl,
        });
        expect(profileIn(await scene.updateProfile(token, {}))).toMatchObject({ nickname: null, avatarUrl });
        const details = await scene.ask(
          "SELECT details FROM audit_events WHERE type = 'profile_changed' ORDER BY details",
        );
        expect(details.map((row) => JSON.parse(`${row.details}`))).toEqual([
          { fields: ['nickname', 'avatarUrl'] },
          { fields: ['nickname'] },
        ]);
      });

      test('takes 64 characters of any script, and addresses of 2048', async () => {
        const { token } = await scene.signIn('alice');
        const avatarUrl = `https://example.org/${'a'.repeat(2028)}`;
        const answer = await scene.updateProfile(token, { nickname: '🀄'.repeat(64), avatarUrl });
        expect(profileIn(answer)).toMatchObject({ nickname: '🀄'.repeat(64), avatarUrl });
      });

      test('of another form is BAD_USER_INPUT, in words that do not repeat it', async () => {
        const { token } = await scene.signIn('alice');
        for (const input of [
          ...['', '   ', 'marked'.repeat(11), 'marked\u0000', 'marked\nmarked', 'marked\u0085', 'marked\ud800'].map(
            (nickname) => ({ nickname }),
          ),
          ...[
            '',
            'marked',
            'http://marked.example/',
            'javascript:marked',
            '//marked.example/',
            'https://',
            'https://a b',
          ].map((avatarUrl) => ({ avatarUrl })),
          ...['https://marked.example:port/', 'https://marked.example/\u0000', ' https://marked.example/'].map(
            (avatarUrl) => ({ avatarUrl }),
          ),
          { avatarUrl: `https://marked.example/${'a'.repeat(2048)}` },
          { nickname: 'fine', avatarUrl: 'marked' },
        ]) {
          const answer = await scene.updateProfile(token, input);
          expect([input, answer.status, answer.code]).toEqual([input, 400, 'BAD_USER_INPUT']);
          expect(JSON.stringify(answer.body)).not.toContain('marked');
        }
        expect(await scene.ask("SELECT id FROM audit_events WHERE type = 'profile_changed'")).toEqual([]);
      });
    });

    describe('closing the account', () => {
      test('ends every session, frees the identities and the username, and keeps nothing of the person', async () => {
        const alice = await scene.signIn('alice');
        await scene.link(alice.token, 'alice-two', 'wxtwo');
        const two = await scene.signIn('alice-two', 'wxtwo');
        await scene.register(alice.token, 'alice');
        await scene.updateProfile(alice.token, { nickname: 'Alice', avatarUrl: 'https://example.org/a.png' });
        const guest = (await scene.logInWithPassword('alice', 'guest')).body.data.loginWithPassword;

        const closed = await scene.closeAccount(alice.token, 'alice');
        expect(closed.body.data).toEqual({ closeAccount: { closed: true } });
        scene.clock.advance(SECOND + 1);
        const ended = [alice, two, { token: guest.token, userId: alice.userId }];
        expect(await scene.live(...ended)).toEqual([false, false, false]);
        expect(await scene.countOf('values')).toBe(0);

        const [row] = await scene.ask(`SELECT * FROM users WHERE id = '${alice.userId}'`);
        const nothing = { username: null, password_hash: null, nickname: null, avatar_url: null, phone_number: null };
        expect(row).toMatchObject({ ...nothing, status: 'closed' });
        expect(await scene.p1.running.findUser(alice.userId)).toMatchObject({ id: alice.userId, status: 'closed' });
        const [event] = await scene.ask("SELECT details FROM audit_events WHERE type = 'account_closed'");
        expect(JSON.parse(`${event?.details}`)).toEqual({ identities: 2, sessionsEnded: 3 });

        const again = await scene.logIn('alice');
        expect(again.body.data.login.isNewUser).toBe(true);
        expect(again.body.data.login.viewer.user.id).not.toBe(alice.userId);
        expect((await scene.register(again.body.data.login.token, 'alice')).code).toBeNull();
        expect((await scene.signIn('alice-two', 'wxtwo')).userId).not.toBe(again.body.data.login.viewer.user.id);
      });

      test('needs a code of an identity of the user: of nobody, or of somebody else, it is FORBIDDEN', async () => {
        const [alice, bob] = [await scene.signIn('alice'), await scene.signIn('bob')];
        await scene.register(bob.token, 'bob');
        const guest = (await scene.logInWithPassword('bob', 'alice')).body.data.loginWithPassword.token;
        const codes = [
          await scene.closeAccount(alice.token, 'bob'),
          await scene.closeAccount(alice.token, 'nobody'),
          // Who knows bob's password has not bob's phone.
          await scene.closeAccount(guest, 'alice'),
        ].map((answer) => answer.code);
        expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
        expect((await scene.closeAccount(alice.token, 'bad')).code).toBe('CODE_INVALID');
        expect(await scene.live(alice, bob)).toEqual([true, true]);
        expect(await scene.countOf('users')).toBe(2);
      });

      test('whose deletions failed is SERVICE_UNAVAILABLE; the sweep finishes it', async () => {
        const alice = await scene.signIn('alice');
        scene.p1.sessionFaults.plan('delete', 'fail before');
        expect((await scene.closeAccount(alice.token, 'alice')).code).toBe('SERVICE_UNAVAILABLE');
        scene.clock.advance(3 * SECOND);
        await scene.p2.running.sweep();
        expect(await scene.live(alice)).toEqual([false]);
      });
    });

    test('an id that names nobody finds nobody, whatever it is', async () => {
      const alice = await scene.signIn('alice');
      await scene.register(alice.token, 'Alice');
      const { findUser } = scene.p1.running;
      expect(await findUser(alice.userId)).toEqual({
        ...{ id: alice.userId, username: 'alice', nickname: null, avatarUrl: null, status: 'active' },
        ...{ phoneNumber: null, phoneVerifiedAt: null },
        createdAt: new Date(scene.clock.now()),
      });
      for (const id of ['nobody', '', '\u0000', "'", 'x'.repeat(1000)]) expect(await findUser(id)).toBeNull();
    });
  },
  { postgres: 'soak' },
);
