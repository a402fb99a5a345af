import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hold } from '../support/faults.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { codeOf, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

describeOnEachDatabase('a login at its commit point, while what it rests on changes', (open) => {
  let stores: SharedStores;
  let two: TwoProcesses;
  const isPostgres = () => stores.values === 'session_values';

  beforeEach(async () => {
    two = await startTwoProcesses({}, async () => {
      stores = await open();
      return stores;
    });
  });
  afterEach(() => two.close());

  test('waits for whoever has locked its user, and reads again what it rests on', async () => {
    const commit = hold('before');
    two.p1.sqlFaults.plan('transaction', 'pass', commit);
    const login = two.p1.login(codeOf('alice'));
    await commit.arrived;

    await stores.ask(isPostgres() ? 'BEGIN' : 'BEGIN IMMEDIATE');
    if (isPostgres()) await stores.ask('SELECT id FROM users FOR UPDATE');
    await two.moveIdentity('alice');
    commit.release();
    let isAnswered = false;
    login.finally(() => {
      isAnswered = true;
    });
    while (isPostgres() && !isAnswered && !(await isSomebodyWaiting())) await new Promise(setImmediate);
    await stores.ask('COMMIT');

    expect((await login).code).toBe('CODE_INVALID');
    expect([await two.count('open'), await two.countOf('values')]).toEqual([0, 0]);
  });

  async function isSomebodyWaiting(): Promise<boolean> {
    return (await stores.ask('SELECT 1 AS n FROM pg_locks WHERE NOT granted')).length > 0;
  }

  test('whose repeat found no row answers what was stored while it waited for the claim', async () => {
    const login = { code: codeOf('alice'), requestId: 'a-request-0123456789' };
    const send = (process: TestGateway) => process.login(login.code, { requestId: login.requestId });
    const record = hold('before');
    two.p1.sqlFaults.plan('transaction', 'pass', record);
    const first = send(two.p1);
    await record.arrived;

    // SQLite has one writer: there is no moment between the look and the claim.
    if (isPostgres()) {
      await stores.ask('BEGIN');
      await stores.ask('SELECT pg_advisory_xact_lock(hashtextextended(login_key, 0)) FROM login_claims');
    }
    const repeat = send(two.p2);
    while (isPostgres() && !(await isSomebodyWaiting())) await new Promise(setImmediate);
    record.release();
    const answer = (await first).body;
    if (isPostgres()) await stores.ask('COMMIT');

    expect((await repeat).body).toEqual(answer);
    expect([two.wechat.calls.length, await two.count('open')]).toEqual([1, 1]);
  });
});

describeOnEachDatabase('a revoke of all sessions', (open) => {
  let two: TwoProcesses;

  beforeEach(async () => {
    two = await startTwoProcesses({}, open);
  });
  afterEach(() => two.close());

  test('leaves a login that comes between its mark and its deletions alone: it is a later one', async () => {
    const [asking, other] = [await two.p2.tokenFor(codeOf('alice')), await two.p2.tokenFor(codeOf('alice'))];
    const deletion = hold('after');
    two.p2.sessionFaults.plan('deleteAll', deletion);
    const query = 'mutation { revokeSessions(input: { keepCurrent: false }) { ended } }';
    const revoked = two.p2.graphql(query, { token: asking });
    await deletion.arrived;
    const later = await two.p1.tokenFor(codeOf('alice'));
    deletion.release();

    expect((await revoked).body.data.revokeSessions).toEqual({ ended: 2 });
    for (const token of [asking, other]) expect((await two.p1.viewer(token)).code).toBe('UNAUTHENTICATED');
    const sessions = (await two.p2.graphql('{ viewer { sessions { id } } }', { token: later })).body.data.viewer
      .sessions;
    expect(sessions).toHaveLength(1);
    expect([await two.count('open'), await two.countOf('values')]).toEqual([1, 1]);
  });
});
