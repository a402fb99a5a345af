import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { banUser, unbanUser } from '../../src/auth/ban-user.js';
import { openStores, type Stores } from '../../src/stores.js';
import { hold } from '../support/faults.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { codeOf, freshRequestId } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

describeOnEachDatabase('a ban', (open) => {
  let two: TwoProcesses;
  let operator: Stores;
  let stores: SharedStores;

  beforeEach(async () => {
    two = await startTwoProcesses({}, async () => {
      stores = await open();
      return stores;
    });
    operator = await openStores(two.p1.running.config, two.clock.now);
  });

  afterEach(async () => {
    await operator.close();
    await two.close();
  });

  async function signedIn(openid: string): Promise<{ token: string; userId: string }> {
    const token = await two.p1.tokenFor(codeOf(openid));
    return { token, userId: (await two.p1.viewer(token)).body.data.viewer.user.id };
  }

  test('ends every session of the user in every process, and no login comes to them until it is taken back', async () => {
    const alice = await signedIn('alice');
    const other = await two.p2.tokenFor(codeOf('alice'));
    const bob = await signedIn('bob');

    expect(await banUser(operator, alice.userId)).toEqual({ userId: alice.userId, was: false, sessionsEnded: 2 });
    for (const token of [alice.token, other]) {
      expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect((await two.p2.viewer(token)).code).toBe('UNAUTHENTICATED');
    }
    expect((await two.p2.viewer(bob.token)).code).toBeNull();
    expect((await two.p1.login(codeOf('alice'))).code).toBe('USER_BLOCKED');
    expect((await two.p2.login(codeOf('alice'), { requestId: freshRequestId() })).code).toBe('USER_BLOCKED');
    expect(await two.countOf('values')).toBe(1);

    expect(await banUser(operator, alice.userId)).toEqual({ userId: alice.userId, was: true, sessionsEnded: 0 });
    expect(await unbanUser(operator, alice.userId)).toEqual({ userId: alice.userId, was: true });
    expect(await unbanUser(operator, alice.userId)).toEqual({ userId: alice.userId, was: false });
    expect((await two.p1.login(codeOf('alice'))).code).toBeNull();
    expect((await two.p1.viewer(alice.token)).code).toBe('UNAUTHENTICATED');
  });

  test('that falls into a login refuses it at its commit point', async () => {
    const { userId } = await signedIn('alice');
    const storing = hold('before');
    two.p2.sessionFaults.plan('set', storing);
    const underWay = two.p2.login(codeOf('alice'));
    await storing.arrived;
    await banUser(operator, userId);
    storing.release();
    expect((await underWay).code).toBe('USER_BLOCKED');
    expect(await two.count('open')).toBe(0);
  });

  test('ends what was opened through an identity of the user, whoever it acts as, and counts each session once', async () => {
    const alice = await signedIn('alice');
    const bob = await signedIn('bob');
    // A login by the password of bob on the phone of alice.
    const shared = await two.p1.tokenFor(codeOf('alice'));
    const { sid } = (
      await operator.database.query((sql) =>
        sql
          .selectFrom('sessions')
          .select('sid')
          .where('user_id', '=', alice.userId)
          .orderBy('created_at', 'desc')
          .execute(),
      )
    )[0] ?? { sid: '' };
    await operator.database.transaction((sql) =>
      sql.updateTable('sessions').set({ user_id: bob.userId }).where('sid', '=', sid).execute(),
    );
    expect((await banUser(operator, alice.userId))?.sessionsEnded).toBe(2);
    expect((await two.p2.viewer(alice.token)).code).toBe('UNAUTHENTICATED');
    expect((await two.p2.viewer(shared)).code).toBe('UNAUTHENTICATED');
    expect((await two.p2.viewer(bob.token)).code).toBeNull();
  });

  test('waits for whoever opens a session through an identity of the user, and ends that one, too', async () => {
    const isPostgres = stores.values === 'session_values';
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    // A commit point of a login by the password of bob on the phone of alice, before its end.
    await stores.ask(isPostgres ? 'BEGIN' : 'BEGIN IMMEDIATE');
    if (isPostgres) await stores.ask("SELECT id FROM identities WHERE openid = 'alice' FOR SHARE");
    const ofAlice = "(SELECT id FROM identities WHERE openid = 'alice')";
    await stores.ask(`UPDATE sessions SET identity_id = ${ofAlice} WHERE user_id = '${bob.userId}'`);
    let isDone = false;
    const banned = banUser(operator, alice.userId).finally(() => {
      isDone = true;
    });
    const waiting = () => stores.ask('SELECT 1 AS n FROM pg_locks WHERE NOT granted');
    while (isPostgres && !isDone && (await waiting()).length === 0) await new Promise(setImmediate);
    await stores.ask('COMMIT');
    expect((await banned)?.sessionsEnded).toBe(2);
    expect((await two.p2.viewer(bob.token)).code).toBe('UNAUTHENTICATED');
  });

  test('that was broken off before the values were deleted is finished by the same again', async () => {
    const { token, userId } = await signedIn('alice');
    const unreachable = () => Promise.reject(new Error('the store is away'));
    const broken = { ...operator.sessionStore, delete: unreachable, deleteAll: unreachable };
    await expect(banUser({ ...operator, sessionStore: broken }, userId)).rejects.toThrow('the store is away');
    expect(await two.countOf('values')).toBe(1);
    expect(await banUser(operator, userId)).toEqual({ userId, was: true, sessionsEnded: 1 });
    expect(await two.countOf('values')).toBe(0);
    expect((await two.p2.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('finds who a merged user is now, and neither a closed one nor nobody', async () => {
    const { userId } = await signedIn('alice');
    const set = (id: string, status: 'merged' | 'closed', mergedInto: string | null) =>
      operator.database.transaction(async (sql) => {
        await sql.insertInto('users').values({ id, tenant: 'default', created_at: 0 }).execute();
        await sql.updateTable('users').set({ status, merged_into: mergedInto }).where('id', '=', id).execute();
      });
    await set('before', 'merged', userId);
    await set('gone', 'closed', null);
    expect(await banUser(operator, 'before')).toMatchObject({ userId, was: false });
    expect(await unbanUser(operator, 'before')).toEqual({ userId, was: true });
    for (const id of ['gone', 'nobody']) {
      expect(await banUser(operator, id)).toBeNull();
      expect(await unbanUser(operator, id)).toBeNull();
    }
  });
});
