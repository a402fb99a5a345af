import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Arg, Query, Resolver } from 'type-graphql';
import { UserType } from '../../src/index.js';
import { hold } from '../support/faults.js';
import { NO_NUMBER, numbersIn, PHONE_PATH } from '../support/phone-numbers.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { OTHER_APPID, openSimulatorScene, type Person, type SimulatorScene } from '../support/simulator-scene.js';
import { type Answer, APPID, freshRequestId, type TestGateway } from '../support/test-gateway.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DEAD = `mj_${'x'.repeat(43)}`;

/** What a back-end developer may do: hands out anybody. */
@Resolver()
class AnybodyResolver {
  @Query(() => UserType)
  anybody(@Arg('id', () => String) id: string): UserType {
    return { id, createdAt: new Date(0) } as UserType;
  }
}

const extensionsIn = (answer: Answer) => answer.body.errors[0].extensions;

describeOnEachDatabase(
  'the phone number of a user',
  (open) => {
    let scene: SimulatorScene;
    let numbers: ReturnType<typeof numbersIn>;
    let second: TestGateway;

    beforeAll(async () => {
      scene = await openSimulatorScene({ open, apps: 2, own: { resolvers: [AnybodyResolver] } });
      second = await scene.join();
      numbers = numbersIn(scene);
    });
    afterAll(() => scene?.close());
    afterEach(() => scene.gateway.sqlFaults.clear());

    describe('by a code of the button', () => {
      test.each([
        ['86', '13800138000', '+8613800138000'],
        [86, '13900139000', '+8613900139000'],
        ['1', '4155550100', '+14155550100'],
        [852, '51234567', '+85251234567'],
      ])('is in E.164, with the time when WeChat vouched for it: %p %s', async (countryCode, purePhoneNumber, e164) => {
        const who = await scene.signIn({ phoneNumber: { countryCode, purePhoneNumber } });
        expect(await numbers.shown(who)).toEqual(NO_NUMBER);
        scene.clock.advance(1234);
        const bound = { phoneNumber: e164, phoneVerifiedAt: new Date(scene.clock.now()).toISOString() };
        const answer = await numbers.tap(who);
        expect([answer.code, answer.body.data.bindPhoneNumber.viewer.user]).toEqual([null, bound]);
        scene.clock.advance(HOUR);
        expect(await numbers.shown(who, second)).toEqual(bound);
      });

      test('is answered again to the same code, and WeChat is asked once, in every process and at any time', async () => {
        const who = await scene.signIn();
        const before = numbers.asked();
        const input = { code: scene.phoneCode(who.username) };
        const first = await numbers.bind(who, input);
        scene.clock.advance(10 * SECOND);
        expect((await numbers.bind(who, input, { gateway: second })).body).toEqual(first.body);
        scene.clock.advance(HOUR);
        expect((await numbers.bind(who, input)).body).toEqual(first.body);
        expect(numbers.asked() - before).toBe(1);
      });

      const refused: Readonly<Record<string, (who: Person, bob: Person) => string | Promise<string>>> = {
        'a code of wx.login': ({ username }) => scene.loginCode(username),
        "somebody else's": (_, bob) => scene.phoneCode(bob.username),
        'one that somebody else has used': async (_, bob) => {
          const code = scene.phoneCode(bob.username);
          expect((await numbers.bind(bob, { code })).code).toBeNull();
          return code;
        },
        'one of another app': ({ username }) => scene.phoneCode(username, OTHER_APPID),
        'one of six minutes ago': ({ username }) => {
          const code = scene.phoneCode(username);
          scene.clock.advance(6 * MINUTE);
          return code;
        },
        'one that nobody issued': () => 'f'.repeat(64),
      };

      test.each(Object.entries(refused))(
        'is CODE_INVALID for %s: the number stays, and so does the minute',
        async (_, made) => {
          const [who, bob] = [await scene.signIn(), await scene.signIn()];
          await numbers.tap(who);
          const had = await numbers.shown(who);
          scene.clock.advance(MINUTE);
          const code = await made(who, bob);
          const refusal = await numbers.bind(who, { code });
          expect([refusal.status, refusal.code]).toEqual([200, 'CODE_INVALID']);
          // Not what helps when a login was refused.
          expect(refusal.body.errors[0].message).toMatch(/button/);
          expect(scene.gateway.logLines.at(-1)).toMatchObject({ code: 'CODE_INVALID', level: 30 });
          expect(await numbers.shown(who)).toEqual(had);
          const before = numbers.asked();
          expect((await numbers.tap(who)).code).toBe('RATE_LIMITED');
          expect(numbers.asked()).toBe(before);
          scene.clock.advance(MINUTE);
          expect((await numbers.tap(who)).code).toBeNull();
        },
      );

      test('may be that of several users', async () => {
        const phoneNumber = { countryCode: '86', purePhoneNumber: '13700137000' };
        const people = [await scene.signIn({ phoneNumber }), await scene.signIn({ phoneNumber })];
        for (const who of people) expect((await numbers.tap(who)).code).toBeNull();
        for (const who of people) expect((await numbers.shown(who)).phoneNumber).toBe('+8613700137000');
      });

      test('needs a viewer and a code of the right form, before WeChat is asked', async () => {
        const who = await scene.signIn();
        const before = numbers.asked();
        const code = scene.phoneCode(who.username);
        const sealed = { encryptedData: 'AAAA', iv: 'AAAA' };
        for (const [token, input, expected] of [
          [null, { code }, 'UNAUTHENTICATED'],
          [DEAD, { code }, 'UNAUTHENTICATED'],
          [who.token, {}, 'BAD_USER_INPUT'],
          [who.token, { code: null, encryptedData: null, iv: null }, 'BAD_USER_INPUT'],
          [who.token, { code, ...sealed }, 'BAD_USER_INPUT'],
          [who.token, { code, iv: sealed.iv }, 'BAD_USER_INPUT'],
          [who.token, { iv: sealed.iv }, 'BAD_USER_INPUT'],
          [who.token, { encryptedData: sealed.encryptedData }, 'BAD_USER_INPUT'],
          [who.token, { code: 'a b' }, 'BAD_USER_INPUT'],
          [who.token, { code: '' }, 'BAD_USER_INPUT'],
          [who.token, { code: 'f'.repeat(129) }, 'BAD_USER_INPUT'],
        ] as const) {
          expect([input, (await numbers.bind({ token }, input)).code]).toEqual([input, expected]);
        }
        expect(numbers.asked()).toBe(before);
        expect((await numbers.bind(who, { code })).code).toBeNull();
      });
    });

    describe('by encrypted data, as phones sent it before there were codes', () => {
      const sealedOf = (username: string, payload: 'phoneNumber' | 'userInfo' | 'runData' = 'phoneNumber') => {
        const { encryptedData, iv } = scene.simulator.encrypt(username, payload);
        return { encryptedData, iv };
      };

      test('is the same, and nothing is asked: not even a minute of patience', async () => {
        const who = await scene.signIn();
        expect((await numbers.tap(who)).code).toBeNull();
        const before = scene.simulator.calls().length;
        for (let time = 0; time < 2; time += 1) {
          scene.clock.advance(SECOND);
          expect((await numbers.bind(who, sealedOf(who.username))).code).toBeNull();
          expect(await numbers.shown(who)).toEqual(numbers.numberOf(who));
        }
        expect(scene.simulator.calls()).toHaveLength(before);
      });

      test('is read, too, when the phone has logged in again since', async () => {
        const who = await scene.signIn();
        const sealed = sealedOf(who.username);
        await scene.signIn({ username: who.username });
        expect((await numbers.bind(who, sealed)).code).toBeNull();
        expect(await numbers.shown(who)).toEqual(numbers.numberOf(who));
      });

      test('is OPEN_DATA_REFUSED for what is no number, of somebody else, or too old: another login helps', async () => {
        const [who, bob] = [await scene.signIn(), await scene.signIn()];
        const old = sealedOf(who.username);
        scene.clock.advance(5 * MINUTE + 1);
        for (const sealed of [
          sealedOf(who.username, 'userInfo'),
          sealedOf(who.username, 'runData'),
          sealedOf(bob.username),
          old,
        ]) {
          const answer = await numbers.bind(who, sealed);
          expect([answer.status, extensionsIn(answer)]).toMatchObject([
            200,
            { code: 'OPEN_DATA_REFUSED', action: 'LOGIN_AGAIN' },
          ]);
        }
        expect(await numbers.shown(who)).toEqual(NO_NUMBER);
      });
    });

    describe('with a login', () => {
      test('stands in its answer', async () => {
        const { username } = scene.simulator.addUser({ username: 'with-login' });
        const answer = await numbers.logIn(username, { phoneCode: scene.phoneCode(username) });
        const who = { ...answer.body.data.login, username };
        expect(answer.body.data.login).toMatchObject({ viewer: { user: numbers.numberOf(who) }, phoneError: null });
        expect(await numbers.shown(who)).toEqual(numbers.numberOf(who));
      });

      test('is null, and there is no phoneError, when no number was sent', async () => {
        const { username } = scene.simulator.addUser({ username: 'without-phone' });
        const { login } = (await numbers.logIn(username)).body.data;
        expect([login.viewer.user, login.phoneError]).toMatchObject([NO_NUMBER, null]);
      });

      test('is answered again to the repeat of the login, whose token is the same, and WeChat is asked once', async () => {
        const { username } = scene.simulator.addUser({ username: 'repeating' });
        const input = {
          code: scene.loginCode(username),
          phoneCode: scene.phoneCode(username),
          requestId: freshRequestId(),
        };
        const before = numbers.asked();
        const first = await numbers.logIn(username, input);
        const repeat = await numbers.logIn(username, input);
        expect(repeat.body).toEqual(first.body);
        expect(first.body.data.login).toMatchObject({
          phoneError: null,
          viewer: { user: { phoneNumber: expect.stringMatching(/^\+86199/) } },
        });
        expect(numbers.asked() - before).toBe(1);
      });

      test.each([
        ['CODE_INVALID', 'a code that WeChat refuses', 'f'.repeat(64), {}],
        ['BAD_USER_INPUT', 'what is no code', 'a b', {}],
        ['PLATFORM_UNAVAILABLE', 'while WeChat is busy', null, { retryAfterSeconds: 5 }],
        ['PLATFORM_UNAVAILABLE', 'while WeChat answers pages', null, { retryAfterSeconds: 5 }],
      ] as const)('is refused in phoneError, and the login stands: %s, %s', async (code, title, phoneCode, more) => {
        if (title.startsWith('while'))
          scene.simulator.fail(title.endsWith('busy') ? -1 : 'html', { times: 1, path: PHONE_PATH });
        const lines = scene.gateway.logLines.length;
        const { username } = scene.simulator.addUser({ username: `refused.${scene.simulator.users.length}` });
        const answer = await numbers.logIn(username, { phoneCode: phoneCode ?? scene.phoneCode(username) });
        const { token, viewer, phoneError } = answer.body.data.login;
        expect([answer.status, answer.code]).toEqual([200, null]);
        expect(phoneError).toEqual({
          ...{ code, message: expect.stringMatching(/\S/), reason: code === 'CODE_INVALID' ? 'INVALID' : null },
          ...{ retryAfterSeconds: null, ...more },
        });
        expect(viewer.user).toMatchObject(NO_NUMBER);
        expect((await scene.gateway.viewer(token)).body.data.viewer.user.id).toBe(viewer.user.id);
        const told = scene.gateway.logLines.slice(lines).filter((line) => 'code' in line);
        expect(told).toMatchObject([{ code, part: 'phone', requestId: answer.headers['x-request-id'] }]);
      });

      test('waits its minute, too', async () => {
        const who = await scene.signIn();
        await numbers.tap(who);
        const had = await numbers.shown(who);
        scene.clock.advance(20 * SECOND);
        const { body } = await numbers.logIn(who.username, { phoneCode: scene.phoneCode(who.username) });
        expect(body.data.login).toMatchObject({
          viewer: { user: had },
          phoneError: { code: 'RATE_LIMITED', retryAfterSeconds: 40 },
        });
      });
    });

    describe('of a user who changes', () => {
      test('is forgotten with a closed account: the next user of that phone has none, and need not wait', async () => {
        const who = await scene.signIn();
        await numbers.tap(who);
        const closed = await scene.send('closeAccount', { code: scene.loginCode(who.username) }, 'closed', who);
        expect([closed.code, closed.body.data.closeAccount.closed]).toEqual([null, true]);
        const [row] = await scene.stores.ask(
          `SELECT phone_number, phone_verified_at, phone_asked_at, phone_code_hash FROM users WHERE id = '${who.userId}'`,
        );
        expect(row).toEqual({
          phone_number: null,
          phone_verified_at: null,
          phone_asked_at: null,
          phone_code_hash: null,
        });
        const again = await scene.signIn({ username: who.username });
        expect([again.userId === who.userId, await numbers.shown(again)]).toEqual([false, NO_NUMBER]);
        expect((await numbers.tap(again)).code).toBeNull();
      });

      test('comes to the user who has none with the one who has, and the time with it', async () => {
        const [with_, without] = [await scene.signIn(), await scene.signIn({ appid: OTHER_APPID })];
        await numbers.tap(with_);
        const had = await numbers.shown(with_);
        scene.clock.advance(HOUR);
        await merge(without, with_.username, APPID);
        expect(await numbers.shown(without)).toEqual(had);
      });

      test('of the user who survives stays, where both have one', async () => {
        const [survivor, other] = [await scene.signIn(), await scene.signIn({ appid: OTHER_APPID })];
        await numbers.tap(survivor);
        const had = await numbers.shown(survivor);
        scene.clock.advance(HOUR);
        const code = scene.phoneCode(other.username, OTHER_APPID);
        expect((await numbers.bind(other, { code })).code).toBeNull();
        await merge(survivor, other.username, OTHER_APPID);
        expect(await numbers.shown(survivor)).toEqual(had);
        const kept = await scene.stores.ask(
          'SELECT id FROM users WHERE phone_number IS NOT NULL OR phone_code_hash IS NOT NULL',
        );
        expect(kept).toContainEqual({ id: survivor.userId });
        expect(kept).not.toContainEqual({ id: other.userId });
      });

      /** The user of this phone becomes that of the viewer. */
      async function merge(viewer: Person, username: string, appid: string): Promise<void> {
        const input = { code: scene.loginCode(username, appid), appid, merge: true };
        const linked = await scene.send('linkIdentity', input, 'viewer { user { id } }', viewer);
        expect([linked.code, linked.body.data.linkIdentity.viewer.user.id]).toEqual([null, viewer.userId]);
      }

      test('is UNAUTHENTICATED, and not kept, when the session ends while WeChat is asked', async () => {
        const who = await scene.signIn();
        const before = numbers.asked();
        const keeping = hold('before');
        scene.gateway.sqlFaults.plan('transaction', 'pass', keeping);
        const answer = numbers.tap(who);
        await keeping.arrived;
        expect(numbers.asked() - before).toBe(1);
        await second.logout(who.token);
        keeping.release();
        expect((await answer).code).toBe('UNAUTHENTICATED');
        expect(await numbers.shown(await scene.signIn({ username: who.username }))).toEqual(NO_NUMBER);
      });

      test('is UNAUTHENTICATED, and WeChat is not asked, when the session has ended before', async () => {
        const who = await scene.signIn();
        const remembering = await scene.join({ sessionCacheSize: 100 });
        expect((await remembering.viewer(who.token)).code).toBeNull();
        await second.logout(who.token);
        const before = numbers.asked();
        expect((await numbers.tap(who, { gateway: remembering })).code).toBe('UNAUTHENTICATED');
        const { encryptedData, iv } = scene.simulator.encrypt(who.username, 'phoneNumber');
        const sealed = await numbers.bind(who, { encryptedData, iv }, { gateway: remembering });
        expect([sealed.code, numbers.asked()]).toEqual(['UNAUTHENTICATED', before]);
      });
    });

    test('leaves an event, and neither number nor code in it', async () => {
      const who = await scene.signIn();
      const code = scene.phoneCode(who.username);
      scene.clock.advance(1);
      await numbers.bind(who, { code });
      const { encryptedData, iv } = scene.simulator.encrypt(who.username, 'phoneNumber');
      scene.clock.advance(1);
      await numbers.bind(who, { encryptedData, iv });
      const rows = await scene.stores.ask<{ user_id: string; type: string; details: string }>(
        'SELECT * FROM audit_events ORDER BY at, id',
      );
      const ofUser = rows.filter(({ user_id }) => user_id === who.userId);
      expect(ofUser.map(({ type, details }) => [type, JSON.parse(details).by])).toEqual([
        ['login', 'code'],
        ['phone_bound', 'code'],
        ['phone_bound', 'data'],
      ]);
      const { phoneNumber } = numbers.numberOf(who);
      for (const secret of [phoneNumber.slice(3), code]) expect(JSON.stringify(rows)).not.toContain(secret);
    });

    describe('of somebody else', () => {
      const personal = ['phoneNumber', 'phoneVerifiedAt', 'username', 'identities { openid }'];
      const anybody = (who: Person, fields: string, token: string | null) =>
        scene.gateway.graphql(`{ anybody(id: "${who.userId}") { id ${fields} } }`, { token });

      test.each(personal)(
        'is FORBIDDEN, as is all that is personal, where a resolver hands the user out: %s',
        async (field) => {
          const [who, bob] = [await scene.signIn(), await scene.signIn()];
          await numbers.tap(who);
          for (const token of [bob.token, null]) {
            const answer = await anybody(who, field, token);
            expect([answer.status, answer.code]).toEqual([200, 'FORBIDDEN']);
            expect(answer.body.data?.anybody ?? {}).not.toMatchObject({ [field]: expect.anything() });
          }
          expect((await anybody(who, field, who.token)).code).toBeNull();
        },
      );

      test('is not what others call them by: nickname and picture are read by everybody', async () => {
        const who = await scene.signIn();
        await scene.send('updateProfile', { nickname: 'Nick' }, 'viewer { openid }', who);
        for (const token of [(await scene.signIn()).token, null]) {
          const { body } = await anybody(who, 'nickname avatarUrl', token);
          expect(body).toEqual({ data: { anybody: { id: who.userId, nickname: 'Nick', avatarUrl: null } } });
        }
      });

      test('is their own in the answer of a login, whatever token came along', async () => {
        const [who, bob] = [await scene.signIn(), await scene.signIn()];
        await numbers.tap(who);
        const query = `mutation ($input: LoginInput!) { login(input: $input) { viewer { user { id phoneNumber } } } }`;
        const variables = { input: { code: scene.loginCode(who.username), appid: APPID } };
        const { body } = await scene.gateway.graphql(query, { variables, token: bob.token });
        expect(body.data.login.viewer.user).toEqual({ id: who.userId, phoneNumber: numbers.numberOf(who).phoneNumber });
      });
    });
  },
  { postgres: 'soak' },
);
