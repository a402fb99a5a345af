import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Libsql from 'libsql';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { rounds } from '../support/rounds.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, makeTempDir, type TempDir } from '../support/test-gateway.js';

describe('gateways in processes of their own, on one database', () => {
  let wechat: StandInWechat;
  let dir: TempDir;
  let started: GatewayProcess[];
  /** Two on one database, for all tests that leave them alive. */
  let pairDir: TempDir;
  let pair: [GatewayProcess, GatewayProcess];

  beforeAll(async () => {
    wechat = await startStandInWechat();
    pairDir = makeTempDir();
    pair = await Promise.all([startIn(pairDir), startIn(pairDir)]);
  });

  afterAll(async () => {
    await Promise.all((pair ?? []).map((process) => process.kill()));
    await wechat.close();
    pairDir.remove();
  });

  beforeEach(() => {
    wechat.behaviour = null;
    wechat.calls.length = 0;
    dir = makeTempDir();
    started = [];
  });

  afterEach(async () => {
    await Promise.all(started.map((process) => process.kill()));
    dir.remove();
  });

  const startIn = ({ path }: TempDir, env: Record<string, string> = {}) =>
    startGatewayProcess({ WECHAT_API_URL: wechat.url, DATA_DIR: path, ...env });

  async function start(env: Record<string, string> = {}, place = dir): Promise<GatewayProcess> {
    const process = await startIn(place, env);
    started.push(process);
    return process;
  }

  const viewerOf = async (process: GatewayProcess, token: string) =>
    (await process.graphql('{ viewer { openid } }', { token })).body.data?.viewer?.openid;

  test('50 logins with one code and one requestId over two of them: one exchange, one session, 50 equal answers', async () => {
    for (let round = 0; round < rounds(3, 50); round += 1) {
      wechat.calls.length = 0;
      const code = codeOf('alice');
      const requestId = freshRequestId();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (pair[n % 2] as GatewayProcess).login(code, requestId)),
      );
      for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
      for (const process of pair) {
        expect(await viewerOf(process, answers[0]?.body.data.login.token)).toBe('alice');
      }
      expect(wechat.calls).toHaveLength(1);
    }
  });

  test('50 first logins of one openid over two of them make one user', async () => {
    for (let round = 0; round < rounds(2, 20); round += 1) {
      const openid = `first-${round}`;
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (pair[n % 2] as GatewayProcess).login(codeOf(openid))),
      );
      const logins = answers.map((answer) => answer.body.data.login);
      expect(new Set(logins.map((login) => login.viewer.user.id)).size).toBe(1);
      expect(logins.filter((login) => login.isNewUser)).toHaveLength(1);
    }
  });

  test('the first killed -9 after the platform answered: the repeat ends in CODE_INVALID or the same session, never two', async () => {
    const [, second] = pair;
    const round = async (n: number, batch: number) => {
      const openid = `person-${batch}-${n}`;
      const first = await start({}, pairDir);
      const code = codeOf(openid);
      const requestId = freshRequestId();
      killWhenAnswered.set(code, () => setTimeout(() => first.kill(), n * 2));
      await first.login(code, requestId).catch(() => null);
      await first.kill();

      const settled = await repeatUntilKnown(second, code, requestId);
      if (settled.body.data === null) expect(settled.body.errors[0].extensions.code).toBe('CODE_INVALID');
      else expect(await viewerOf(second, settled.body.data.login.token)).toBe(openid);
      expect(openSessionsOf(openid)).toBe(settled.body.data === null ? 0 : 1);
    };
    // The platform's answer is on its way; the kill falls somewhere between it and the first's own.
    const killWhenAnswered = new Map<string, () => void>();
    wechat.behaviour = (call, response) => {
      const kill = killWhenAnswered.get(call.code);
      killWhenAnswered.delete(call.code);
      if (kill !== undefined) response.on('finish', kill);
      return 'default';
    };
    for (let batch = 0; batch < rounds(1, 12); batch += 1) {
      await Promise.all([0, 1, 2, 3].map((n) => round(n, batch)));
    }
  }, 900_000);

  test('a repeat after a restart answers the same session', async () => {
    const before = await start();
    const code = codeOf('alice');
    const requestId = freshRequestId();
    const first = await before.login(code, requestId);
    await before.kill();
    const after = await start();
    expect((await after.login(code, requestId)).body).toEqual(first.body);
    expect(wechat.calls).toHaveLength(1);
  });

  test('killed -9 under 200 logins/s, every token that was handed out works after the restart', async () => {
    for (let round = 0; round < rounds(1, 10); round += 1) {
      const gateway = await start();
      const acknowledged: string[] = [];
      const running: Promise<void>[] = [];
      const startedAt = performance.now();
      // In the middle of it: on a busy machine the first answers take their time.
      const isTime = (ms: number) => (ms >= 1000 && acknowledged.length > 10) || ms >= 10_000;
      for (let n = 0; !isTime(performance.now() - startedAt); n += 1) {
        running.push(
          gateway.login(codeOf(`person-${n % 20}`)).then(
            (answer) => void acknowledged.push(answer.body.data.login.token),
            () => undefined,
          ),
        );
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await gateway.kill();
      await Promise.all(running);
      expect(acknowledged.length).toBeGreaterThan(10);

      expect(integrity()).toBe('ok');
      const restarted = await start({ SESSIONS_PER_USER: '10000' });
      const openids = await Promise.all(acknowledged.map((token) => viewerOf(restarted, token)));
      // Not toEqual([]), for which undefined in a list is nothing.
      expect(openids.filter((openid) => openid === undefined)).toHaveLength(0);
      await restarted.kill();
    }
  }, 300_000);

  function withFile<T>({ path }: TempDir, work: (file: InstanceType<typeof Libsql>) => T): T {
    const file = new Libsql(join(path, 'menjin.db'));
    try {
      return work(file);
    } finally {
      file.close();
    }
  }

  function integrity(): string {
    return withFile(
      dir,
      (file) => (file.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check,
    );
  }

  function openSessionsOf(openid: string): number {
    const sql = `SELECT count(*) AS n FROM sessions JOIN identities ON identities.id = identity_id WHERE openid = ? AND state = 'open'`;
    return withFile(pairDir, (file) => (file.prepare(sql).get([openid]) as { n: number }).n);
  }
});

/** As a client does: SERVICE_UNAVAILABLE means the same again, after the time it names. */
async function repeatUntilKnown(gateway: GatewayProcess, code: string, requestId: string) {
  for (;;) {
    const answer = await gateway.login(code, requestId);
    const error = answer.body.errors?.[0]?.extensions;
    if (error?.code !== 'SERVICE_UNAVAILABLE') return answer;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterSeconds * 1000));
  }
}
