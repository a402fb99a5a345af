import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askPostgres, startPostgres } from '../servers/postgres.js';
import { startRedis } from '../servers/redis.js';
import { hold } from '../support/faults.js';
import { openPostgresScene, type PostgresScene } from '../support/postgres-gateway.js';
import { openidIn, tokenIn } from '../support/redis-gateway.js';
import { rounds } from '../support/rounds.js';
import { codeOf, createTestClock, freshRequestId, type TestGateway } from '../support/test-gateway.js';

const HOUR_MS = 3_600_000;

describeWithService('postgres', 'gateways whose users are in PostgreSQL', () => {
  let server: LocalServer;
  let scene: PostgresScene;
  let clock: ReturnType<typeof createTestClock>;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    scene = await openPostgresScene(server);
    clock = createTestClock();
  });
  afterEach(() => scene.close());

  const process = (config = {}): Promise<TestGateway> =>
    scene.gateway({ clock, config: { sessionsPerUser: 1_000, ...config } });
  const sql = <Row = unknown>(text: string) => askPostgres<Row>(scene.url, text);
  const openSessions = async () => (await sql("SELECT sid FROM sessions WHERE state = 'open'")).length;

  test('log people in, answer repeats, slide sessions, log out, and find all of it again after a restart', async () => {
    const first = await process();
    const login = { code: codeOf('alice'), requestId: freshRequestId() };
    const answer = await first.login(login.code, login);
    const token = tokenIn(answer);
    const second = await process();
    expect((await second.login(login.code, login)).body).toEqual(answer.body);
    expect(scene.wechat.calls).toHaveLength(1);

    clock.advance(2 * HOUR_MS);
    const seen = (await second.viewer(token)).body.data.viewer;
    expect(seen.session.lastSeenAt).toBe(new Date(clock.now()).toISOString());
    expect(openidIn(await first.viewer(token))).toBe('alice');
    expect((await first.logout(token)).body.data.logout).toEqual({ ended: true });
    for (const gateway of [first, second]) expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
    expect(await sql('SELECT key FROM session_values')).toEqual([]);
  });

  describeWithService('redis', 'and whose sessions are in Redis', () => {
    test('log in, repeat and log out', async () => {
      const redis = await startRedis();
      scene.add(() => redis.stop());
      const sessionStoreUrl = { kind: 'redis', url: redis.url } as const;
      const [first, second] = [await process({ sessionStoreUrl }), await process({ sessionStoreUrl })];
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      let answer = await first.login(login.code, login);
      while (answer.code === 'SERVICE_UNAVAILABLE') answer = await first.login(login.code, login);
      const token = tokenIn(answer);
      let repeat = await second.login(login.code, login);
      while (repeat.code === 'SERVICE_UNAVAILABLE') repeat = await second.login(login.code, login);
      expect(repeat.body).toEqual(answer.body);
      expect(openidIn(await second.viewer(token))).toBe('alice');
      expect((await second.logout(token)).body.data.logout).toEqual({ ended: true });
      expect((await first.viewer(token)).code).not.toBeNull();
      expect(scene.wechat.calls).toHaveLength(1);
    });
  });

  test('50 first logins of one openid over two processes make one user', async () => {
    const processes = [await process(), await process()];
    for (let round = 0; round < rounds(2, 50); round += 1) {
      const openid = `person-${round}`;
      const logins = Array.from({ length: 50 }, (_, n) => {
        const gateway = processes[n % 2] as TestGateway;
        return n % 4 < 2
          ? gateway.login(codeOf(openid))
          : gateway.login(codeOf(openid), { requestId: freshRequestId() });
      });
      const answers = await Promise.all(logins);
      expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set([null]));
      const payloads = answers.map((answer) => answer.body.data.login);
      expect(new Set(payloads.map((payload) => payload.viewer.user.id)).size).toBe(1);
      expect(payloads.filter((payload) => payload.isNewUser)).toHaveLength(1);
    }
    expect(await sql('SELECT id FROM users')).toHaveLength(rounds(2, 50));
    expect(await sql('SELECT id FROM identities')).toHaveLength(rounds(2, 50));
  });

  test('50 times the same login over two processes at once is one exchange and one session', async () => {
    const processes = [await process(), await process()];
    for (let round = 0; round < rounds(2, 50); round += 1) {
      const login = { code: codeOf('alice'), requestId: freshRequestId() };
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (processes[n % 2] as TestGateway).login(login.code, login)),
      );
      for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
      expect(answers[0]?.code).toBeNull();
      expect(scene.wechat.calls).toHaveLength(round + 1);
      expect(await openSessions()).toBe(round + 1);
    }
  });

  describe('a login on its way to its commit point', () => {
    const revokeAll = (gateway: TestGateway, token: string) =>
      gateway.graphql('mutation { revokeSessions(input: { keepCurrent: false }) { ended } }', { token });

    test('is refused when all sessions of its user were ended meanwhile', async () => {
      const [p1, p2] = [await process(), await process()];
      const token = await p2.tokenFor(codeOf('alice'));
      for (let round = 0; round < rounds(3, 200); round += 1) {
        const commit = hold('before');
        p1.sqlFaults.plan('transaction', 'pass', commit);
        const slow = p1.login(codeOf('alice'));
        await commit.arrived;
        const mine = round === 0 ? token : await p2.tokenFor(codeOf('alice'));
        expect((await revokeAll(p2, mine)).body.data.revokeSessions.ended).toBeGreaterThan(0);
        commit.release();
        expect((await slow).code).toBe('CODE_INVALID');
        expect(await openSessions()).toBe(0);
      }
    });

    test('and an end of all sessions, at the same moment: what is open afterwards was opened after the end', async () => {
      const [p1, p2] = [await process(), await process()];
      for (let round = 0; round < rounds(5, 200); round += 1) {
        const token = await p2.tokenFor(codeOf('alice'));
        const [login, revoked] = await Promise.all([p1.login(codeOf('alice')), revokeAll(p2, token)]);
        expect(revoked.code).toBeNull();
        expect((await p2.viewer(token)).code).toBe('UNAUTHENTICATED');
        // Either it came first and was ended, or it was refused, or it came later and lives: what SQL says, Keyv says.
        const isOpen = (await openSessions()) === 1;
        const answer = tokenIn(login) === '' ? null : await p1.viewer(tokenIn(login));
        expect(answer === null ? false : openidIn(answer) === 'alice').toBe(isOpen);
        if (isOpen) await p1.logout(tokenIn(login));
      }
    });

    test('is not acknowledged when its user is locked by an end that marks it', async () => {
      const p1 = await process();
      await p1.tokenFor(codeOf('alice'));
      for (let round = 0; round < rounds(3, 200); round += 1) {
        const commit = hold('before');
        p1.sqlFaults.plan('transaction', 'pass', commit);
        const slow = p1.login(codeOf('alice'));
        await commit.arrived;
        // The end: it holds the user's row, the login's commit point comes, and only then it marks.
        const ban = new pg.Client({ connectionString: scene.url });
        await ban.connect();
        await ban.query('BEGIN; SELECT id FROM users FOR UPDATE');
        commit.release();
        await untilWaiting();
        await ban.query("UPDATE sessions SET state = 'ended', ended_at = 0, reason = 'revoked' WHERE state <> 'ended'");
        await ban.query('COMMIT');
        await ban.end();
        expect((await slow).code).toBe('CODE_INVALID');
        expect(await openSessions()).toBe(0);
      }
    });

    async function untilWaiting(): Promise<void> {
      const giveUpAt = performance.now() + 5_000;
      const waiting = () =>
        sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'menjin' AND wait_event_type = 'Lock'");
      while ((await waiting()).length === 0) if (performance.now() > giveUpAt) throw new Error('nobody waits');
    }
  });
});
