import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { mergeByOperator } from '../../src/auth/merge-by-operator.js';
import type { Config } from '../../src/config.js';
import { openStores } from '../../src/stores.js';
import { type AccountScene, type SignedIn, startAccountScene } from '../support/account-scene.js';
import { hold } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, openSqliteStores, type SharedStores } from '../support/shared-stores.js';

/** For the full counts, on a machine that does other things, too. */
const SOAK_MS = 900_000;

/** Other processes may remember a session for a second. */
const REMEMBERED_MS = 1001;

describeOnEachDatabase('users who turn out to be one person', (open) => {
  let scene: AccountScene;
  let stores: SharedStores;
  beforeAll(async () => {
    const openOnce = async () => {
      stores = await open();
      return stores;
    };
    scene = await startAccountScene(openOnce, { sessionCacheSize: 1000 });
  });
  afterAll(() => scene?.close());
  beforeEach(() => scene.empty());
  afterEach(() => scene.wechat.unionids.clear());

  const findUser = (id: string) => scene.p2.running.findUser(id);
  const mergesWritten = async () => {
    const rows = await scene.ask("SELECT user_id, details FROM audit_events WHERE type = 'users_merged' ORDER BY at");
    return rows.map((row) => ({ userId: row.user_id, ...JSON.parse(`${row.details}`) }));
  };
  /** No identity belongs to who is no more, and nobody who is there has none. */
  async function expectWholeUsers(): Promise<void> {
    const lost = await scene.ask(
      "SELECT openid FROM identities JOIN users ON users.id = user_id WHERE status NOT IN ('active', 'banned')",
    );
    const doorless = await scene.ask(
      "SELECT id FROM users WHERE status IN ('active', 'banned') AND id NOT IN (SELECT user_id FROM identities)",
    );
    expect([lost, doorless]).toEqual([[], []]);
  }

  describe('by their unionid', () => {
    test('that is known in the tenant: the new identity is theirs; in another tenant it is of somebody else', async () => {
      const alice = await scene.signIn('u-alice');
      const second = await scene.logIn('u-alice', 'wxtwo');
      const elsewhere = await scene.logIn('u-alice', 'wxelsewhere');
      const users = [second, elsewhere].map(({ body: { data } }) => data.login.viewer.user.id);
      expect(users[0]).toBe(alice.userId);
      expect(users[1]).not.toBe(alice.userId);
      expect(second.body.data.login.isNewUser).toBe(false);
      expect(elsewhere.body.data.login.isNewUser).toBe(true);
      expect(await scene.doors(alice.token)).toHaveLength(2);
      expect(await mergesWritten()).toEqual([]);
    });

    test('that appears later: both are joined, the older survives, and the sessions of the younger end', async () => {
      const older = await scene.signIn('alice');
      await scene.logIn('alice');
      scene.wechat.unionids.set('wxone alice', 'union-1');
      scene.clock.advance(1000);
      const younger = await scene.signIn('alice-two', 'wxtwo');
      await scene.signIn('alice');
      expect((await findUser(younger.userId))?.id).toBe(younger.userId);

      scene.wechat.unionids.set('wxtwo alice-two', 'union-1');
      const joining = await scene.logIn('alice-two', 'wxtwo', { gateway: scene.p2 });
      expect(joining.body.data.login).toMatchObject({ isNewUser: false, viewer: { user: { id: older.userId } } });
      scene.clock.advance(REMEMBERED_MS);
      const now = { token: joining.body.data.login.token, userId: older.userId };
      expect(await scene.live(older, younger, now)).toEqual([true, false, true]);
      expect((await findUser(younger.userId))?.id).toBe(older.userId);
      expect(await mergesWritten()).toEqual([
        { userId: older.userId, merged: younger.userId, because: 'unionid', takes: [], drops: [] },
      ]);
      await expectWholeUsers();
    });

    test(
      'that appears in two apps at once, in two processes: one user, both sessions of whom are live or told to log in again',
      async () => {
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const openids = [`one-${round}`, `two-${round}`] as const;
          const [older, younger] = [await scene.signIn(openids[0]), await scene.signIn(openids[1], 'wxtwo')];
          scene.wechat.unionids.set(`wxone ${openids[0]}`, `union-${round}`);
          scene.wechat.unionids.set(`wxtwo ${openids[1]}`, `union-${round}`);
          const answers = await Promise.all([
            scene.logIn(openids[0], 'wxone', { gateway: scene.p1 }),
            scene.logIn(openids[1], 'wxtwo', { gateway: scene.p2 }),
          ]);
          // The younger's login may have been under way when its user was merged.
          for (const { code } of answers) expect([null, 'CODE_INVALID']).toContain(code);
          const users = new Set<string>();
          for (const [n, appid] of ['wxone', 'wxtwo'].entries()) {
            users.add((await scene.signIn(openids[n] ?? '', appid)).userId);
          }
          expect(users.size).toBe(1);
          expect((await findUser(older.userId))?.id).toBe((await findUser(younger.userId))?.id);
        }
        await expectWholeUsers();
      },
      SOAK_MS,
    );
  });

  describe('because they hold codes of both', () => {
    async function two(): Promise<[SignedIn, SignedIn]> {
      const alice = await scene.signIn('alice');
      scene.clock.advance(1);
      return [alice, await scene.signIn('bob', 'wxtwo')];
    }
    const merge = ({ token }: SignedIn, openid = 'bob', appid = 'wxtwo') =>
      scene.link(token, openid, appid, { merge: true, gateway: scene.p2 });

    test("the viewer's user survives, though it is the younger; the other's sessions end, and its id names the survivor", async () => {
      const [alice, bob] = await two();
      const answer = await merge(bob, 'alice', 'wxone');
      expect(answer.body.data.linkIdentity.viewer.user).toMatchObject({
        id: bob.userId,
        identities: [{ openid: 'bob' }, { openid: 'alice' }],
      });
      scene.clock.advance(REMEMBERED_MS);
      expect(await scene.live(alice, bob)).toEqual([false, true]);
      expect((await scene.signIn('alice')).userId).toBe(bob.userId);
      expect(await findUser(alice.userId)).toMatchObject({ id: bob.userId, status: 'active' });
      await expectWholeUsers();
    });

    test('what both have the survivor keeps; the other username is free, and its password opens nothing', async () => {
      const [alice, bob] = await two();
      await scene.register(alice.token, 'alice');
      await scene.register(bob.token, 'bob');
      await scene.updateProfile(alice.token, { nickname: 'Alice' });
      await scene.updateProfile(bob.token, { nickname: 'Bob', avatarUrl: 'https://bob.example/' });
      const answer = await merge(alice);
      expect(answer.body.data.linkIdentity.viewer.user).toMatchObject({
        ...{ username: 'alice', nickname: 'Alice', avatarUrl: 'https://bob.example/' },
      });
      expect(await mergesWritten()).toMatchObject([
        { because: 'asked', takes: ['avatarUrl'], drops: ['username', 'nickname'] },
      ]);
      expect((await scene.logInWithPassword('bob', 'guest')).code).toBe('WRONG_CREDENTIALS');
      expect((await scene.logInWithPassword('alice', 'guest')).code).toBeNull();
      expect((await scene.register((await scene.signIn('carol')).token, 'bob')).code).toBeNull();
    });

    test('what only the other has the survivor takes, a username with its password', async () => {
      const [alice, bob] = await two();
      await scene.register(bob.token, 'bob');
      const answer = await merge(alice);
      expect(answer.body.data.linkIdentity.viewer.user.username).toBe('bob');
      const guest = await scene.logInWithPassword('bob', 'guest');
      expect(guest.body.data.loginWithPassword.viewer.user.id).toBe(alice.userId);
    });

    test('one after another: every id that ever was names the one who is left', async () => {
      const [alice, bob] = await two();
      const carol = await scene.signIn('carol');
      expect((await merge(bob, 'carol', 'wxone')).code).toBeNull();
      expect((await merge(alice)).code).toBeNull();
      for (const { userId } of [alice, bob, carol]) expect((await findUser(userId))?.id).toBe(alice.userId);
      expect((await scene.signIn('carol')).userId).toBe(alice.userId);
      scene.clock.advance(REMEMBERED_MS);
      expect(await scene.live(alice, bob, carol)).toEqual([true, false, false]);
    });

    test('whose deletions failed is SERVICE_UNAVAILABLE, and the same with a new code settles it', async () => {
      const [alice, bob] = await two();
      scene.p2.sessionFaults.plan('delete', 'fail before');
      expect((await merge(alice)).code).toBe('SERVICE_UNAVAILABLE');
      expect((await merge(alice)).code).toBeNull();
      scene.clock.advance(REMEMBERED_MS);
      expect(await scene.live(alice, bob)).toEqual([true, false]);
      expect(await scene.countOf('values')).toBe(1);
    });

    test(
      'a login of the other on its way to its commit point is not acknowledged',
      async () => {
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const alice = await scene.signIn(`alice-${round}`);
          await scene.signIn(`bob-${round}`, 'wxtwo');
          const commit = hold('before');
          scene.p1.sqlFaults.plan('transaction', 'pass', commit);
          const login = scene.logIn(`bob-${round}`, 'wxtwo');
          await commit.arrived;
          expect((await merge(alice, `bob-${round}`)).code).toBeNull();
          commit.release();
          expect((await login).code).toBe('CODE_INVALID');
          expect(await scene.count('open')).toBe(round + 1);
        }
      },
      SOAK_MS,
    );
  });

  describe('of whom one is banned', () => {
    async function banned(openid: string, appid: string): Promise<string> {
      const { userId } = await scene.signIn(openid, appid);
      await scene.ask(`UPDATE users SET status = 'banned' WHERE id = '${userId}'`);
      return userId;
    }

    test('are not joined by who asks', async () => {
      const alice = await scene.signIn('alice');
      const bobId = await banned('bob', 'wxtwo');
      expect((await scene.link(alice.token, 'bob', 'wxtwo')).code).toBe('USER_BLOCKED');
      expect((await scene.link(alice.token, 'bob', 'wxtwo', { merge: true })).code).toBe('USER_BLOCKED');
      expect((await findUser(bobId))?.status).toBe('banned');
      expect(await scene.doors(alice.token)).toEqual(['alice@wxone']);
    });

    test('are not joined by a unionid, whoever of them logs in, in whichever app', async () => {
      const alice = await scene.signIn('alice');
      const bobId = await banned('u-bob', 'wxtwo');
      scene.wechat.unionids.set('wxone alice', 'union-u-bob');
      for (const [openid, appid] of [
        ['alice', 'wxone'],
        ['u-bob', 'wxtwo'],
        ['u-bob', 'wxone'],
      ] as const) {
        expect((await scene.logIn(openid, appid)).code).toBe('USER_BLOCKED');
      }
      expect((await findUser(bobId))?.id).toBe(bobId);
      expect(await scene.doors(alice.token)).toEqual(['alice@wxone']);
      expect(await scene.countOf('identities')).toBe(2);
    });
  });

  describe('at the same moment', () => {
    test(
      'two people who link the same new identity: one has it, for the other it is taken',
      async () => {
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const people = [await scene.signIn(`a-${round}`), await scene.signIn(`b-${round}`)] as const;
          const answers = await Promise.all([
            scene.link(people[0].token, `new-${round}`, 'wxtwo', { gateway: scene.p1 }),
            scene.link(people[1].token, `new-${round}`, 'wxtwo', { gateway: scene.p2 }),
          ]);
          expect(answers.map(({ code }) => `${code}`).sort()).toEqual(['IDENTITY_TAKEN', 'null']);
          const winner = people[answers[0].code === null ? 0 : 1];
          expect((await scene.signIn(`new-${round}`, 'wxtwo')).userId).toBe(winner.userId);
        }
        await expectWholeUsers();
      },
      SOAK_MS,
    );

    test(
      'a link and the unlink of the same identity: it is there or not, and the user has a door',
      async () => {
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const alice = await scene.signIn(`a-${round}`);
          await scene.link(alice.token, `a-two-${round}`, 'wxtwo');
          const id = await scene.identityId(`a-two-${round}`, 'wxtwo');
          const answers = await Promise.all([
            scene.link(alice.token, `a-two-${round}`, 'wxtwo', { gateway: scene.p1 }),
            scene.unlink(alice.token, id, scene.p2),
          ]);
          expect(answers.map(({ code }) => code)).toEqual([null, null]);
          const doors = await scene.doors(alice.token);
          expect(doors[0]).toBe(`a-${round}@wxone`);
          const isThere = doors.length === 2;
          expect((await scene.signIn(`a-two-${round}`, 'wxtwo')).userId === alice.userId).toBe(isThere);
        }
        await expectWholeUsers();
      },
      SOAK_MS,
    );

    test(
      'two who merge each other: one of them survives, and nobody is told of a conflict',
      async () => {
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const openids = [`a-${round}`, `b-${round}`] as const;
          const people = [await scene.signIn(openids[0]), await scene.signIn(openids[1], 'wxtwo')] as const;
          const answers = await Promise.all([
            scene.link(people[0].token, openids[1], 'wxtwo', { merge: true, gateway: scene.p1 }),
            scene.link(people[1].token, openids[0], 'wxone', { merge: true, gateway: scene.p2 }),
          ]);
          expect(answers.map(({ code }) => `${code}`).sort()).toEqual(['UNAUTHENTICATED', 'null']);
          const winner = people[answers[0].code === null ? 0 : 1];
          for (const { userId } of people) expect((await findUser(userId))?.id).toBe(winner.userId);
          expect(await scene.doors(winner.token)).toHaveLength(2);
          scene.clock.advance(REMEMBERED_MS);
          expect((await scene.live(...people)).filter((lives) => lives)).toHaveLength(1);
        }
        await expectWholeUsers();
      },
      SOAK_MS,
    );

    test(
      'a crowd that logs in, links, merges and unlinks the same identities: each is of one user, who has a door',
      async () => {
        const people: SignedIn[] = [];
        for (let n = 0; n < 4; n += 1) people.push(await scene.signIn(`p-${n}`));
        const any = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
        const gateways = [scene.p1, scene.p2];
        const openids = ['p-0', 'p-1', 'p-2', 'p-3'];
        for (let round = 0; round < rounds(1, 200); round += 1) {
          const identities = await scene.ask('SELECT id FROM identities');
          const answers = await Promise.all(
            Array.from({ length: 12 }, (_, n) => {
              if (n % 4 === 0) return scene.logIn(any(openids), any(['wxone', 'wxtwo']), { gateway: any(gateways) });
              if (n % 4 === 1) return scene.unlink(any(people).token, `${any(identities)?.id}`, any(gateways));
              const options = { merge: n % 4 === 2, gateway: any(gateways) };
              return scene.link(any(people).token, any(openids), any(['wxone', 'wxtwo']), options);
            }),
          );
          const told = new Set(answers.map(({ code }) => code));
          for (const code of [null, 'UNAUTHENTICATED', 'IDENTITY_TAKEN', 'LAST_IDENTITY', 'CODE_INVALID']) {
            told.delete(code);
          }
          expect([...told]).toEqual([]);
          await expectWholeUsers();
          for (const n of people.keys()) {
            if ((await scene.p1.viewer(people[n]?.token ?? '')).code !== null) people[n] = await scene.signIn(`p-${n}`);
          }
          scene.clock.advance(REMEMBERED_MS);
        }
      },
      SOAK_MS,
    );

    if (open === openSqliteStores) return;
    test('a login that has the row of its identity and not yet that of its session does not stop a merge', async () => {
      const alice = await scene.signIn('alice');
      const { userId } = await scene.signIn('bob', 'wxtwo');
      const login = new pg.Client({ connectionString: (stores.config.databaseUrl as { url: string }).url });
      await login.connect();
      try {
        await login.query(`BEGIN; UPDATE identities SET last_login_at = 0 WHERE user_id = '${userId}'`);
        const merged = scene.link(alice.token, 'bob', 'wxtwo', { merge: true });
        const waiting =
          "SELECT pid FROM pg_stat_activity WHERE application_name = 'menjin' AND wait_event_type = 'Lock'";
        while ((await scene.ask(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        // What the foreign key of the session's row asks for.
        await login.query(`SELECT id FROM users WHERE id = '${userId}' FOR KEY SHARE NOWAIT`);
        await login.query('COMMIT');
        expect((await merged).code).toBeNull();
      } finally {
        await login.end();
      }
    });

    test('a merge by an operator that waits for one that has just been done joins who is left', async () => {
      const [into, other, third] = [
        await scene.signIn('alice'),
        await scene.signIn('bob'),
        await scene.signIn('carol'),
      ];
      const [first] = [into.userId, other.userId].sort();
      const another = new pg.Client({ connectionString: (stores.config.databaseUrl as { url: string }).url });
      await another.connect();
      const operator = await openStores(stores.config as Config, scene.clock.now);
      try {
        await another.query(`BEGIN; SELECT id FROM users WHERE id = '${first}' FOR UPDATE`);
        const asked = { into: into.userId, other: other.userId };
        const merged = mergeByOperator(operator, asked);
        const waiting = 'SELECT pid FROM pg_locks WHERE NOT granted';
        while ((await scene.ask(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        const gone = `status = 'merged', merged_into = '${third.userId}'`;
        await another.query(`UPDATE users SET ${gone} WHERE id = '${other.userId}'; COMMIT`);
        expect(await merged).toMatchObject({ into: into.userId, other: third.userId });
      } finally {
        await operator.close();
        await another.end();
      }
    });
  });
});
