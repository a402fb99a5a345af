import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type EventType, eventTable } from '../../src/audit/events.js';
import { type RecordedEvent, readEvents } from '../../src/audit/read-events.js';
import { banUser, unbanUser } from '../../src/auth/ban-user.js';
import { mergeByOperator } from '../../src/auth/merge-by-operator.js';
import { revokeAll } from '../../src/auth/revoke-all.js';
import { openStores, type Stores } from '../../src/stores.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { answerWith, RID, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  freshRequestId,
  searchForSecrets,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';

const DAY = 86_400_000;
const PASSWORDS = ['CANARY-password-one', 'CANARY-password-two'] as const;

describeOnEachDatabase(
  'what happened',
  (open) => {
    let wechat: StandInWechat;
    let shared: SharedStores;
    let gateway: TestGateway;
    let operator: Stores;

    beforeEach(async () => {
      wechat = await startStandInWechat();
      shared = await open();
      const apps = [APPID, 'wx2'].map(
        (appid) => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' }) as const,
      );
      gateway = await startTestGateway({
        wechatApiUrl: wechat.url,
        config: { ...shared.config, apps, auditRetentionMs: 3 * DAY },
        seams: { passwordHasher: createFastHasher() },
      });
      operator = await openStores(gateway.running.config, gateway.clock.now);
    });

    afterEach(async () => {
      await operator.close();
      await gateway.close();
      await shared.close();
      await wechat.close();
    });

    const events = (type: EventType | null = null): Promise<RecordedEvent[]> =>
      operator.database.query((sql) => readEvents(sql, { who: null, since: 0, type, after: null, limit: 1000 }));

    async function signedIn(openid: string, appid = APPID): Promise<{ token: string; id: string; sessionId: string }> {
      const { token, viewer } = (await gateway.login(codeOf(openid), { appid })).body.data.login;
      gateway.clock.advance(1);
      return { token, id: viewer.user.id, sessionId: viewer.session.id };
    }

    /** A mutation with one input, by whoever has the token. */
    async function ask(token: string | null, field: string, input: object, answer: string): Promise<string | null> {
      const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`;
      const query = `mutation ($input: ${type}) { ${field}(input: $input) { ${answer} } }`;
      return (await gateway.graphql(query, { variables: { input }, token })).code;
    }

    test('is written down with all that the table of events says, and with no secret', async () => {
      const viewer = 'viewer { openid }';
      const alice = await signedIn('alice');
      const alicia = await signedIn('alicia', 'wx2');
      const other = await signedIn('alice');
      const [username, password] = ['alice', PASSWORDS[0]];
      expect(await ask(alice.token, 'register', { username, password }, viewer)).toBeNull();
      const change = { currentPassword: password, newPassword: PASSWORDS[1] };
      expect(await ask(alice.token, 'changePassword', change, 'sessionsEnded')).toBeNull();
      expect(await ask(alice.token, 'updateProfile', { nickname: 'Alice' }, viewer)).toBeNull();
      const link = { code: codeOf('alicia'), appid: 'wx2', merge: true };
      expect(await ask(alice.token, 'linkIdentity', link, viewer)).toBeNull();
      const more = { code: codeOf('alison'), appid: 'wx2', merge: false };
      expect(await ask(alice.token, 'linkIdentity', more, viewer)).toBeNull();
      const linked = (await events('identity_linked'))[0]?.details.identityId;
      expect(await ask(alice.token, 'unlinkIdentity', { id: linked }, viewer)).toBeNull();
      const wrong = { code: codeOf('bob'), appid: APPID, requestId: freshRequestId(), username, password };
      expect(await ask(null, 'loginWithPassword', wrong, 'token')).toBe('WRONG_CREDENTIALS');
      expect(await ask(null, 'loginWithPassword', { ...wrong, password: PASSWORDS[1] }, 'token')).toBeNull();
      await gateway.graphql('mutation { revokeSessions { ended } }', { token: alice.token });

      const bob = await signedIn('bob');
      await gateway.logout(bob.token);
      gateway.clock.advance(1);
      const carol = await signedIn('carol');
      await banUser(operator, carol.id);
      gateway.clock.advance(1);
      expect((await gateway.login(codeOf('carol'), { appid: APPID })).code).toBe('USER_BLOCKED');
      gateway.clock.advance(1);
      await unbanUser(operator, carol.id);
      await mergeByOperator(operator, { into: bob.id, other: carol.id });
      expect((await gateway.login('bad.code-of-somebody', { appid: APPID })).code).toBe('CODE_INVALID');
      expect(await ask(alice.token, 'closeAccount', { code: codeOf('alice') }, 'closed')).toBeNull();
      await signedIn('dave');
      await revokeAll(operator, () => undefined);

      const written = await events();
      // These need a WeChat that does more: flows/phone and flows/session-keys.
      const elsewhere = ['phone_bound', 'session_key_reset'];
      const here = Object.keys(eventTable).filter((type) => !elsewhere.includes(type));
      expect(new Set(written.map(({ type }) => type))).toEqual(new Set(here));
      for (const { type, details } of written) {
        expect([type, Object.keys(eventTable[type as EventType].details)]).toEqual([
          type,
          expect.arrayContaining(Object.keys(details)),
        ]);
      }
      const text = JSON.stringify(written);
      searchForSecrets('an event', text, [...gateway.secrets, ...PASSWORDS, link.code, more.code, wrong.code]);
      expect(text).not.toContain('CANARY');

      const of = (userId: string) => written.filter((event) => event.userId === userId).map(({ type }) => type);
      expect(of(bob.id)).toEqual(['login', 'logout', 'users_merged']);
      expect(of(carol.id)).toEqual(['login', 'banned', 'login_refused', 'unbanned']);
      expect(of(alicia.id)).toEqual(['login']);
      expect(written.filter(({ type }) => type === 'users_merged').map(({ details }) => details.because)).toEqual([
        'asked',
        'operator',
      ]);
      expect(other.id).toBe(alice.id);
    });

    test('a refused login has the number and the rid of the platform, and is written once however often it is awaited', async () => {
      await gateway.login('bad.code-of-somebody', { appid: APPID });
      gateway.clock.advance(1);
      wechat.behaviour = answerWith(500, {}, '');
      await gateway.login(codeOf('alice'), { appid: APPID });
      const [code, requestId] = [codeOf('alice'), freshRequestId()];
      await Promise.all([1, 2, 3].map(() => gateway.login(code, { appid: APPID, requestId })));
      const by = 'code';
      const refused = (await events('login_refused')).map(({ details, appid, ip }) => ({ details, appid, ip }));
      const unavailable = { by, code: 'PLATFORM_UNAVAILABLE', errcode: null, rid: null };
      const from = { appid: APPID, ip: '127.0.0.1' };
      expect(refused).toEqual([
        { details: { by, code: 'CODE_INVALID', errcode: 40029, rid: RID }, ...from },
        { details: unavailable, ...from },
        { details: unavailable, ...from },
      ]);
    });

    test('a database that cannot write it down changes no refusal', async () => {
      gateway.sqlFaults.plan('transaction', 'fail before');
      expect((await gateway.login('bad.code-of-somebody', { appid: APPID })).code).toBe('CODE_INVALID');
      expect(await events()).toEqual([]);
    });

    test('logins that are refused because the platform is not asked are not written', async () => {
      wechat.behaviour = answerWith(500, {}, '');
      const codes: (string | null)[] = [];
      for (let n = 0; n < 40; n += 1) codes.push((await gateway.login(codeOf('alice'), { appid: APPID })).code);
      expect(new Set(codes)).toEqual(new Set(['PLATFORM_UNAVAILABLE']));
      expect(wechat.calls.length).toBeLessThan(30);
      expect(await events('login_refused')).toHaveLength(wechat.calls.length);
    });

    test('an end is written when it is marked, and not again when it is finished', async () => {
      const alice = await signedIn('alice');
      gateway.sessionFaults.plan('delete', 'fail before', 'fail before');
      for (const _ of [1, 2]) expect((await gateway.logout(alice.token)).code).toBe('SERVICE_UNAVAILABLE');
      expect((await gateway.logout(alice.token)).body.data.logout).toEqual({ ended: true });
      expect(await events('logout')).toMatchObject([{ userId: alice.id, sessionId: alice.sessionId }]);

      const bob = await signedIn('bob');
      const more = await signedIn('bob');
      const revoke = 'mutation ($id: ID!) { revokeSession(input: { id: $id }) { ended } }';
      const variables = { id: more.sessionId };
      for (const _ of [1, 2]) await gateway.graphql(revoke, { token: bob.token, variables });
      const event = { userId: bob.id, sessionId: more.sessionId, details: { ended: 1, by: 'viewer' } };
      expect(await events('revoke')).toMatchObject([event]);
    });

    test('being the viewer writes nothing', async () => {
      const { token } = await signedIn('alice');
      for (let n = 0; n < 3; n += 1) expect((await gateway.viewer(token)).code).toBeNull();
      expect((await events()).map(({ type }) => type)).toEqual(['login']);
    });

    test('is forgotten after AUDIT_RETENTION, in small batches', async () => {
      await operator.database.transaction(async (sql, now) => {
        const event = {
          type: 'login',
          user_id: null,
          session_id: null,
          appid: null,
          openid: null,
          ip: null,
          details: '{}',
        };
        const rows = Array.from({ length: 70 }, (_, n) => ({ id: `event-${n}`, at: now + n, ...event }));
        await sql.insertInto('audit_events').values(rows).execute();
      });
      gateway.clock.advance(3 * DAY);
      await gateway.running.sweep();
      expect(await events()).toHaveLength(70);
      gateway.clock.advance(60);
      // Who has waited for a day sweeps twice: a jump of the clock stops the first round.
      for (const _ of [1, 2]) await gateway.running.sweep();
      expect((await events()).map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, n) => `event-${n + 60}`));
    });
  },
  { postgres: 'soak' },
);
