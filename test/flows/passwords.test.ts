import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type AccountScene,
  OTHER_APPID,
  OTHER_PASSWORD,
  openAccountScene,
  PASSWORD,
  passwordsOf,
  TWO_TENANTS,
} from '../support/accounts.js';
import { hold } from '../support/faults.js';
import { describeOnEachDatabase, openSqliteStores } from '../support/shared-stores.js';
import { type Answer, APPID, codeOf, freshRequestId, type TestGateway } from '../support/test-gateway.js';

describeOnEachDatabase(
  'accounts with a password',
  (open) => {
    let gateway: TestGateway;
    let stores: AccountScene['stores'];
    let hasher: AccountScene['hasher'];
    let wechat: AccountScene['wechat'];
    let join: AccountScene['join'];
    let registered: AccountScene['registered'];
    let userOf: AccountScene['userOf'];
    let eventsOf: AccountScene['eventsOf'];
    let scene: AccountScene;

    beforeEach(async () => {
      scene = await openAccountScene(open);
      ({ gateway, stores, hasher, wechat, join, registered, userOf, eventsOf } = scene);
    });
    afterEach(() => scene.close());

    const userIn = (answer: Answer): string => answer.body.data.login.viewer.user.id;
    const tokenIn = (answer: Answer): string => answer.body.data.login.token;
    const reasonIn = (answer: Answer) => answer.body.errors[0].extensions.reason;

    async function usernames(): Promise<unknown[]> {
      return (await stores.ask('SELECT username FROM users WHERE username IS NOT NULL ORDER BY username')) as unknown[];
    }

    describe('registering', () => {
      test('names the account of who is logged in; nothing else of them changes', async () => {
        const token = await gateway.tokenFor(codeOf('alice'));
        const userId = await userOf(token);
        const answer = await passwordsOf(gateway).register(token, 'Alice.W');
        expect(answer.body).toEqual({ data: { register: { viewer: { openid: 'alice', user: { id: userId } } } } });
        expect(await usernames()).toEqual([{ username: 'alice.w' }]);
        expect(await userOf(token)).toBe(userId);
        expect(await eventsOf('register')).toEqual([{ userId, appid: APPID, username: 'alice.w' }]);
      });

      test('a name that somebody has, in whichever case, is USERNAME_TAKEN; in another tenant it is free', async () => {
        const two = await join({ apps: TWO_TENANTS });
        const alice = await two.tokenFor(codeOf('alice'), { appid: APPID });
        const bob = await two.tokenFor(codeOf('bob'), { appid: APPID });
        const carol = await two.tokenFor(codeOf('carol'), { appid: OTHER_APPID });
        const { register } = passwordsOf(two);
        expect((await register(alice, 'name')).code).toBeNull();
        expect((await register(bob, 'Name', OTHER_PASSWORD)).code).toBe('USERNAME_TAKEN');
        expect((await register(carol, 'name', OTHER_PASSWORD)).code).toBeNull();
        expect((await register(bob, 'name-2')).code).toBeNull();
      });

      test('by two people at once for one name is won by exactly one of them', async () => {
        const other = await join();
        for (let round = 0; round < 5; round += 1) {
          const tokens = [await gateway.tokenFor(codeOf(`a${round}`)), await other.tokenFor(codeOf(`b${round}`))];
          const [a, b] = await Promise.all([
            passwordsOf(gateway).register(tokens[0] ?? '', `name-${round}`),
            passwordsOf(other).register(tokens[1] ?? '', `Name-${round}`, OTHER_PASSWORD),
          ]);
          expect([a?.code, b?.code].sort()).toEqual(['USERNAME_TAKEN', null].sort());
        }
        expect(await usernames()).toHaveLength(5);
      });

      test('twice at once by one person is one registration', async () => {
        const token = await gateway.tokenFor(codeOf('alice'));
        const { register } = passwordsOf(gateway);
        const answers = await Promise.all([register(token, 'alice'), register(token, 'alice')]);
        expect(answers.map(({ code }) => code)).toEqual([null, null]);
        expect(await eventsOf('register')).toHaveLength(1);
      });

      test('after an answer was lost settles it', async () => {
        const token = await gateway.tokenFor(codeOf('alice'));
        gateway.sqlFaults.plan('transaction', 'fail after');
        expect((await passwordsOf(gateway).register(token, 'alice')).code).toBe('SERVICE_UNAVAILABLE');
        expect((await passwordsOf(gateway).register(token, 'alice')).code).toBeNull();
      });
    });

    describe('logging in', () => {
      test("is a session of the phone as the account's user; the phone's next login by code is its own user again", async () => {
        const { userId } = await registered();
        const own = (await gateway.login(codeOf('borrowed'))).body.data.login.viewer.user.id;
        const answer = await passwordsOf(gateway).logIn('borrowed', { username: 'Alice' });
        expect(answer.body.data.login).toMatchObject({
          isNewUser: false,
          viewer: { openid: 'borrowed', user: { id: userId } },
        });
        const viewer = (await gateway.viewer(tokenIn(answer))).body.data.viewer;
        expect([viewer.openid, viewer.user.id]).toEqual(['borrowed', userId]);
        expect((await gateway.login(codeOf('borrowed'))).body.data.login.viewer.user.id).toBe(own);
        expect(await userOf(tokenIn(answer))).toBe(userId);
        const [event] = (await eventsOf('login')).filter(({ by }) => by === 'password');
        expect(event).toEqual({ userId, appid: APPID, by: 'password', isNewUser: false });
      });

      test('with link brings the phone to the account for good, and its old sessions end', async () => {
        const { userId } = await registered();
        const old = await gateway.tokenFor(codeOf('phone-2'));
        const answer = await passwordsOf(gateway).logIn('phone-2', { link: true });
        expect(userIn(answer)).toBe(userId);
        expect(await userOf(old)).toBe('UNAUTHENTICATED');
        expect(await userOf(tokenIn(answer))).toBe(userId);
        expect((await gateway.login(codeOf('phone-2'))).body.data.login.viewer.user.id).toBe(userId);
        expect(await eventsOf('users_merged')).toMatchObject([{ userId, because: 'password' }]);
      });

      test('with link does not take a phone from an account with a name: IDENTITY_TAKEN', async () => {
        await registered();
        const bob = await registered('bob');
        const answer = await passwordsOf(gateway).logIn('bob', { username: 'alice', link: true });
        expect([answer.code, answer.body.errors[0].extensions.mergeable]).toEqual(['IDENTITY_TAKEN', true]);
        expect(await userOf(bob.token)).toBe(bob.userId);
      });

      test.each(['link', 'no link'])(
        'with %s to an account that is closed meanwhile is WRONG_CREDENTIALS',
        async (link) => {
          await registered();
          const held = hold('before');
          gateway.sqlFaults.plan('transaction', held);
          const login = passwordsOf(gateway).logIn('phone-2', { link: link === 'link' });
          await held.arrived;
          await stores.ask(
            "UPDATE users SET status = 'closed', username = NULL, password_hash = NULL WHERE username = 'alice'",
          );
          held.release();
          expect((await login).code).toBe('WRONG_CREDENTIALS');
        },
      );

      test('again with the same code and requestId answers the same session, and judges the password again', async () => {
        await registered();
        const { logIn } = passwordsOf(gateway);
        const login = { code: codeOf('phone-2'), requestId: freshRequestId() };
        const first = await logIn('', login);
        const calls = wechat.calls.length;
        const repeat = await passwordsOf(await join()).logIn('', { ...login, username: 'ALICE' });
        expect(repeat.body).toEqual(first.body);
        expect((await logIn('', { ...login, password: OTHER_PASSWORD })).code).toBe('WRONG_CREDENTIALS');
        expect(wechat.calls).toHaveLength(calls);
        // By code alone it is another login, and the code is used.
        expect((await gateway.login(login.code, { requestId: login.requestId })).code).toBe('CODE_INVALID');
      });
    });

    describe('changing the password', () => {
      test('ends all other sessions of the account, whoever opened them how, and no other', async () => {
        const { token, userId } = await registered();
        const { logIn, change } = passwordsOf(gateway);
        const others = [
          await gateway.tokenFor(codeOf('alice')),
          tokenIn(await logIn('borrowed')),
          tokenIn(await logIn('linked', { link: true })),
        ];
        const strangers = [await gateway.tokenFor(codeOf('borrowed')), await gateway.tokenFor(codeOf('bob'))];
        const answer = await change(token, PASSWORD, OTHER_PASSWORD);
        expect(answer.body).toEqual({ data: { changePassword: { sessionsEnded: 3 } } });
        for (const other of others) expect(await userOf(other)).toBe('UNAUTHENTICATED');
        for (const stranger of strangers) expect(await userOf(stranger)).not.toBe('UNAUTHENTICATED');
        expect(await userOf(token)).toBe(userId);
        expect((await logIn('x')).code).toBe('WRONG_CREDENTIALS');
        expect((await logIn('x', { password: OTHER_PASSWORD })).code).toBeNull();
        expect(await eventsOf('password_changed')).toEqual([{ userId, appid: APPID, sessionsEnded: 3 }]);
      });

      test('that could not delete all sessions is settled by the same again; what began since then goes on', async () => {
        const { token } = await registered();
        const { logIn, change } = passwordsOf(gateway);
        const others = [tokenIn(await logIn('x')), tokenIn(await logIn('y'))];
        gateway.sessionFaults.plan('deleteAll', 'fail before', 'fail before');
        expect((await change(token, PASSWORD, OTHER_PASSWORD)).code).toBe('SERVICE_UNAVAILABLE');
        const since = tokenIn(await logIn('z', { password: OTHER_PASSWORD }));
        expect((await change(token, PASSWORD, OTHER_PASSWORD)).code).toBe('SERVICE_UNAVAILABLE');
        const again = () => change(token, PASSWORD, OTHER_PASSWORD);
        expect((await again()).body).toEqual({ data: { changePassword: { sessionsEnded: 2 } } });
        for (const other of others) expect(await userOf(other)).toBe('UNAUTHENTICATED');
        for (let n = 0; n < 10; n += 1) expect((await again()).body.data.changePassword.sessionsEnded).toBe(0);
        expect(await userOf(since)).not.toBe('UNAUTHENTICATED');
        expect(await eventsOf('password_changed')).toHaveLength(1);
      });

      test('twice at once is one change; two different ones at once are one and a refusal', async () => {
        const { token } = await registered();
        const { change } = passwordsOf(gateway);
        const same = await Promise.all([
          change(token, PASSWORD, OTHER_PASSWORD),
          change(token, PASSWORD, OTHER_PASSWORD),
        ]);
        expect(same.map(({ code }) => code)).toEqual([null, null]);
        expect(await eventsOf('password_changed')).toHaveLength(1);

        const held = hold('before');
        gateway.sqlFaults.plan('transaction', held);
        const late = change(token, OTHER_PASSWORD, 'CANARY third password');
        await held.arrived;
        expect((await change(token, OTHER_PASSWORD, 'CANARY fourth password')).code).toBeNull();
        held.release();
        expect((await late).code).toBe('WRONG_CREDENTIALS');
        expect((await passwordsOf(gateway).logIn('x', { password: 'CANARY fourth password' })).code).toBeNull();
      });

      describe('refuses a login by the old one that is not acknowledged yet', () => {
        async function heldLogin(where: 'row' | 'value' | 'commit'): Promise<void> {
          const { token } = await registered();
          const other = await join();
          const held = hold('before');
          if (where === 'row') other.sqlFaults.plan('transaction', held);
          if (where === 'value') other.sessionFaults.plan('set', held);
          if (where === 'commit') other.sqlFaults.plan('transaction', 'pass', held);
          const login = passwordsOf(other).logIn('phone-2');
          await held.arrived;
          expect((await passwordsOf(gateway).change(token, PASSWORD, OTHER_PASSWORD)).code).toBeNull();
          held.release();
          expect((await login).code).toBe('WRONG_CREDENTIALS');
          expect(await stores.ask(`SELECT key FROM ${stores.values}`)).toHaveLength(1);
          const { n } =
            (await stores.ask<{ n: number }>("SELECT count(*) AS n FROM sessions WHERE state = 'open'"))[0] ?? {};
          expect(Number(n)).toBe(1);
        }

        test('before its row is there', () => heldLogin('row'));
        test('before its value is stored', () => heldLogin('value'));
        test('between insert and commit', () => heldLogin('commit'));
      });
    });

    // What follows is the same on every database.
    if (open !== openSqliteStores) return;

    describe('registering', () => {
      test('again is answered as before; another username or password is FORBIDDEN', async () => {
        const { token } = await registered();
        const { register } = passwordsOf(gateway);
        expect((await register(token, 'ALICE')).code).toBeNull();
        for (const [username, password] of [
          ['alicia', PASSWORD],
          ['alice', OTHER_PASSWORD],
        ] as const) {
          const answer = await register(token, username, password);
          expect([answer.code, reasonIn(answer)]).toEqual(['FORBIDDEN', 'ALREADY_REGISTERED']);
        }
        expect(await eventsOf('register')).toHaveLength(1);
      });
    });

    describe('logging in', () => {
      test('from a phone that was never there makes that phone a user of its own', async () => {
        const { userId } = await registered();
        const answer = await passwordsOf(gateway).logIn('new-phone');
        expect([userIn(answer), answer.body.data.login.isNewUser]).toEqual([userId, false]);
        const byCode = (await gateway.login(codeOf('new-phone'))).body.data.login;
        expect(byCode.isNewUser).toBe(false);
        expect(byCode.viewer.user.id).not.toBe(userId);
      });

      test('ends the session whose token the request carries', async () => {
        await registered();
        const old = await gateway.tokenFor(codeOf('phone-2'));
        const query =
          'mutation L($input: LoginWithPasswordInput!) { login: loginWithPassword(input: $input) { token } }';
        const input = { code: codeOf('phone-2'), username: 'alice', password: PASSWORD };
        expect((await gateway.graphql(query, { token: old, variables: { input } })).code).toBeNull();
        expect(await userOf(old)).toBe('UNAUTHENTICATED');
      });

      test('with a wrong password is WRONG_CREDENTIALS, also when that cannot be written down', async () => {
        await registered();
        gateway.sqlFaults.plan('transaction', 'fail before');
        expect((await passwordsOf(gateway).logIn('x', { password: OTHER_PASSWORD })).code).toBe('WRONG_CREDENTIALS');
      });

      test('with a wrong password spends no code, asks nobody, and is written down without what was typed', async () => {
        const { userId } = await registered();
        const { logIn } = passwordsOf(gateway);
        const code = codeOf('phone-2');
        const calls = wechat.calls.length;
        expect((await logIn('', { code, password: OTHER_PASSWORD })).code).toBe('WRONG_CREDENTIALS');
        expect((await logIn('', { code, username: 'canary-in-the-wrong-place' })).code).toBe('WRONG_CREDENTIALS');
        expect(wechat.calls).toHaveLength(calls);
        expect((await logIn('', { code })).code).toBeNull();
        const refusal = { appid: APPID, by: 'password', code: 'WRONG_CREDENTIALS' };
        const events = await eventsOf('login_refused');
        expect(events).toHaveLength(2);
        expect(events).toContainEqual({ ...refusal, userId, username: 'alice' });
        expect(events).toContainEqual({ ...refusal, userId: null, username: null });
      });

      test('of a banned account is USER_BLOCKED, but only for who knows the password', async () => {
        const { userId } = await registered();
        await stores.ask("UPDATE users SET status = 'banned' WHERE username = 'alice'");
        const calls = wechat.calls.length;
        expect((await passwordsOf(gateway).logIn('x', { password: OTHER_PASSWORD })).code).toBe('WRONG_CREDENTIALS');
        expect((await passwordsOf(gateway).logIn('x')).code).toBe('USER_BLOCKED');
        expect(wechat.calls).toHaveLength(calls);
        expect((await eventsOf('login_refused')).map(({ userId: id, code }) => [id, code])).toContainEqual([
          userId,
          'USER_BLOCKED',
        ]);
      });

      test('hashes an old password anew with the parameters of today, once', async () => {
        hasher.parameters = 'm=4096,t=2,p=1';
        const { token } = await registered();
        hasher.parameters = 'm=19456,t=2,p=1';
        const hashes = async () =>
          (await stores.ask<{ h: string }>('SELECT password_hash AS h FROM users')).map(({ h }) => h);
        const { logIn } = passwordsOf(gateway);
        expect((await logIn('x', { password: OTHER_PASSWORD })).code).toBe('WRONG_CREDENTIALS');
        const [old] = (await hashes()).filter((hash) => hash !== null);
        expect(old).toContain('m=4096');
        // What keeps it from being stored keeps nobody out.
        gateway.sqlFaults.plan('transaction', 'fail before');
        expect((await logIn('x')).code).toBeNull();
        expect(await hashes()).toContain(old);
        expect((await logIn('x')).code).toBeNull();
        const [renewed] = (await hashes()).filter((hash) => hash !== null);
        expect(renewed).toContain('m=19456');
        const { hash } = hasher.calls;
        expect((await logIn('x')).code).toBeNull();
        expect(hasher.calls.hash).toBe(hash);
        expect(await userOf(token)).not.toBe('UNAUTHENTICATED');
      });
    });

    describe('changing the password', () => {
      test('in a session that a password opened keeps that one', async () => {
        const { token, userId } = await registered();
        const { logIn, change } = passwordsOf(gateway);
        const borrowed = tokenIn(await logIn('borrowed'));
        expect((await change(borrowed, PASSWORD, OTHER_PASSWORD)).body.data.changePassword.sessionsEnded).toBe(1);
        expect([await userOf(token), await userOf(borrowed)]).toEqual(['UNAUTHENTICATED', userId]);
      });

      test('in a session that was ended meanwhile is UNAUTHENTICATED, and changes nothing', async () => {
        const { token } = await registered();
        const { logIn, change } = passwordsOf(gateway);
        const held = hold('before');
        gateway.sqlFaults.plan('transaction', held);
        const late = change(token, PASSWORD, OTHER_PASSWORD);
        await held.arrived;
        await gateway.logout(token);
        held.release();
        expect((await late).code).toBe('UNAUTHENTICATED');
        expect((await logIn('x')).code).toBeNull();
      });

      test('whose commit was not seen is settled by the same again', async () => {
        const { token } = await registered();
        const { logIn, change } = passwordsOf(gateway);
        const other = tokenIn(await logIn('x'));
        gateway.sqlFaults.plan('transaction', 'fail after');
        expect((await change(token, PASSWORD, OTHER_PASSWORD)).code).toBe('SERVICE_UNAVAILABLE');
        expect((await change(token, PASSWORD, OTHER_PASSWORD)).body.data.changePassword.sessionsEnded).toBe(1);
        expect(await userOf(other)).toBe('UNAUTHENTICATED');
      });
    });
  },
  { postgres: 'soak' },
);
