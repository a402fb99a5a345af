import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { connectPostgres } from '../../src/sql/postgres.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askPostgres, startPostgres } from '../servers/postgres.js';
import { startToxicProxy } from '../servers/toxic-proxy.js';
import { startOwnTime } from '../support/own-time.js';
import { openPostgresScene, type PostgresScene } from '../support/postgres-gateway.js';
import { openidIn, tokenIn } from '../support/redis-gateway.js';
import { rounds } from '../support/rounds.js';
import { codeOf, freshRequestId } from '../support/test-gateway.js';

/** The deadline is 2 s, and machines differ; what has none takes minutes. */
const BOUNDED_MS = 10_000;

const repeatable = () => ({ code: codeOf('alice'), requestId: freshRequestId() });

describeWithService('postgres', 'a PostgreSQL in trouble', () => {
  let server: LocalServer;
  let scene: PostgresScene;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    scene = await openPostgresScene(server);
  });
  afterEach(() => {
    // A test that failed while it stood still must not hold up the others.
    server.thaw();
    return scene.close();
  });

  /** Somebody who holds this table until the connection is ended. */
  async function lock(table: string): Promise<{ release(): Promise<void> }> {
    const client = new pg.Client({ connectionString: scene.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const release = () => client.end();
    scene.add(release);
    return { release };
  }

  /** How many statements of the gateway wait for a lock. */
  async function waiting(): Promise<number> {
    const rows = await askPostgres(
      scene.url,
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'menjin' AND datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length;
  }

  async function eventually(holds: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + 5_000;
    while (!(await holds())) if (performance.now() > giveUpAt) throw new Error('it did not happen within 5 s');
  }

  test('shut down at once while connections are idle: the process lives, and all is well when it is back', async () => {
    const gateway = await scene.gateway();
    const token = await gateway.tokenFor(codeOf('alice'));
    await Promise.all(Array.from({ length: 20 }, () => gateway.viewer(token)));
    const login = repeatable();

    // PostgreSQL's immediate shutdown.
    process.kill(server.pid, 'SIGQUIT');
    await eventually(async () => (await gateway.viewer(token)).code === 'SERVICE_UNAVAILABLE');
    expect((await gateway.login(login.code, login)).code).toBe('SERVICE_UNAVAILABLE');
    const codeOnly = codeOf('bob');
    expect((await gateway.login(codeOnly)).code).toBe('SERVICE_UNAVAILABLE');
    expect((await gateway.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
    expect(scene.wechat.calls).toHaveLength(1);

    await server.restart();
    expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
    expect((await gateway.recovered(() => gateway.login(codeOnly))).code).toBeNull();
    const settled = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
    expect(openidIn(await gateway.viewer(settled))).toBe('alice');
    expect((await gateway.logout(token)).body.data.logout).toEqual({ ended: true });
  });

  test('a connection that an operator ends in the middle of a statement: refused, and the next request is answered', async () => {
    const gateway = await scene.gateway();
    const token = await gateway.tokenFor(codeOf('alice'));
    for (let round = 0; round < rounds(3, 30); round += 1) {
      const holder = await lock('session_values, sessions');
      const login = repeatable();
      const asked = [gateway.viewer(token), gateway.login(login.code, login), gateway.logout(token)];
      await eventually(async () => (await waiting()) === 3);
      await askPostgres(
        scene.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'menjin' AND datname = current_database()",
      );
      for (const answer of await Promise.all(asked)) expect(answer.code).toBe('SERVICE_UNAVAILABLE');
      await holder.release();
      expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      expect((await gateway.recovered(() => gateway.login(login.code, login))).body.data.login.viewer.openid).toBe(
        'alice',
      );
    }
  });

  test('a connection that an operator ends between two statements: refused, and the process lives', async () => {
    const postgres = connectPostgres(scene.url);
    scene.add(() => postgres.close());
    const cut = postgres.transaction(async (ask) => {
      const [session] = (await ask<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
      const left = (pid = session?.pid) =>
        askPostgres(scene.url, 'SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid]);
      await askPostgres(scene.url, 'SELECT pg_terminate_backend($1)', [session?.pid]);
      await eventually(async () => (await left()).length === 0);
      // What the server has said is here by now.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await ask('SELECT 1');
    });
    await expect(cut).rejects.toMatchObject({ name: 'PostgresUnavailableError' });
    expect((await postgres.ask('SELECT 1')).rowCount).toBe(1);
  });

  test('every connection is in use: more requests are refused within the deadline, and answered when there is one again', async () => {
    const gateway = await scene.gateway();
    const token = await gateway.tokenFor(codeOf('alice'));
    const holder = await lock('session_values');
    const took = startOwnTime();
    const answers = await Promise.all(Array.from({ length: 40 }, () => gateway.viewer(token)));
    expect(took()).toBeLessThan(BOUNDED_MS);
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    // The server gives them up, too.
    await eventually(async () => (await waiting()) === 0);
    await holder.release();
    expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
  });

  test('two connections, and more who want one than there are: each is answered, or refused within the deadline', async () => {
    const postgres = connectPostgres(scene.url, { maxConnections: 2, timeoutMs: 500 });
    scene.add(() => postgres.close());
    const took = startOwnTime();
    const slow = Array.from({ length: 8 }, () => postgres.ask('SELECT pg_sleep(0.3)'));
    const outcomes = await Promise.allSettled(slow);
    expect(took()).toBeLessThan(BOUNDED_MS);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeLessThan(8);
    const [open] = await askPostgres<{ n: number }>(
      scene.url,
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'menjin' AND datname = current_database()",
    );
    expect(open?.n).toBeLessThanOrEqual(2);
    expect((await postgres.ask('SELECT 1')).rowCount).toBe(1);
  });

  test('stopped like a black hole: refused within the deadline, and well again when it goes on', async () => {
    const gateway = await scene.gateway();
    const token = await gateway.tokenFor(codeOf('alice'));
    // So that there are connections to be silent.
    await Promise.all(Array.from({ length: 20 }, () => gateway.viewer(token)));
    const login = repeatable();
    server.freeze();
    const took = startOwnTime();
    const asked = [gateway.viewer(token), gateway.login(login.code, login), gateway.logout(token)];
    const codes = (await Promise.all(asked)).map((answer) => answer.code);
    expect(took()).toBeLessThan(BOUNDED_MS);
    expect(codes).toEqual(Array(3).fill('SERVICE_UNAVAILABLE'));
    expect(scene.wechat.calls).toHaveLength(1);
    server.thaw();
    const settled = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
    expect(openidIn(await gateway.viewer(settled))).toBe('alice');
  });

  test('connections that the network has forgotten: left for new ones after the first that does not answer', async () => {
    const proxy = await startToxicProxy(server.port);
    scene.add(() => proxy.close());
    const gateway = await scene.gateway({ through: scene.url.replace(`:${server.port}`, `:${proxy.port}`) });
    const token = await gateway.tokenFor(codeOf('alice'));
    // So that there are as many as there may be.
    const holder = await lock('session_values');
    const crowd = Array.from({ length: 10 }, () => gateway.viewer(token));
    await eventually(async () => (await waiting()) === 10);
    await holder.release();
    await Promise.all(crowd);

    proxy.blackHole('open');
    expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
    for (let again = 0; again < 10; again += 1) expect(openidIn(await gateway.viewer(token))).toBe('alice');
  });

  test.each<[table: string, is: string, spoil: string, mend: string]>([
    [
      'session_values',
      'missing',
      'ALTER TABLE session_values RENAME TO gone',
      'ALTER TABLE gone RENAME TO session_values',
    ],
    ['users', 'missing', 'ALTER TABLE users RENAME TO gone', 'ALTER TABLE gone RENAME TO users'],
    [
      'session_values',
      'forbidden',
      'REVOKE ALL ON session_values FROM gateway',
      'GRANT ALL ON session_values TO gateway',
    ],
    ['users', 'forbidden', 'REVOKE ALL ON users FROM gateway', 'GRANT ALL ON users TO gateway'],
  ])(
    'the table %s is %s: not ready, refused, nobody is logged out, and well again with it',
    async (table, _is, spoil, mend) => {
      await askPostgres(scene.url, 'CREATE ROLE gateway LOGIN').catch(() => undefined);
      await askPostgres(scene.url, 'GRANT CREATE ON SCHEMA public TO gateway');
      const gateway = await scene.gateway({ through: scene.url.replace('//postgres@', '//gateway@') });
      const token = await gateway.tokenFor(codeOf('alice'));
      const ask = () => (table === 'users' ? gateway.login(codeOf('bob')) : gateway.viewer(token));

      await askPostgres(scene.url, spoil);
      expect((await ask()).code).toBe('SERVICE_UNAVAILABLE');
      expect(await gateway.readyStatus()).toBe(503);
      await askPostgres(scene.url, mend);
      expect((await ask()).code).toBeNull();
      expect(await gateway.readyStatus()).toBe(200);
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
    },
  );

  test.each(['session_values', 'sessions'])(
    'the table %s is unlogged: the gateway does not start, and says what to do',
    async (table) => {
      const token = await (await scene.gateway()).tokenFor(codeOf('alice'));
      await askPostgres(scene.url, `ALTER TABLE ${table} SET UNLOGGED`);
      const variable = table === 'sessions' ? 'DATABASE_URL' : 'SESSION_STORE_URL';
      await expect(scene.gateway()).rejects.toThrow(
        `${variable}: PostgreSQL cannot be used: the table ${table} is unlogged, so a crash empties it: ALTER TABLE ${table} SET LOGGED`,
      );
      await askPostgres(scene.url, `ALTER TABLE ${table} SET LOGGED`);
      expect(openidIn(await (await scene.gateway()).viewer(token))).toBe('alice');
    },
  );
});
