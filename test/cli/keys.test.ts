import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keysStatus, resealKeys } from '../../src/cli/keys.js';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile } from '../../src/sql/sqlite-file.js';
import { describeWithService } from '../servers/describe-with-service.js';
import { startPostgres } from '../servers/postgres.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  codeOf,
  freshRequestId,
  makeTempDir,
  SECRET_KEY_BASE64,
  startTestGateway,
  type TempDir,
  type TestGateway,
} from '../support/test-gateway.js';
import { sealedRows } from '../users/sealed-rows.js';
import { runCommand, settingsOf } from './run-command.js';

const oldKey = Buffer.from(SECRET_KEY_BASE64, 'base64');
const newKey = Buffer.alloc(32, 'new');
const [oldKid, newKid] = [oldKey, newKey].map((key) => createKeyRing([key]).first.kid);

describe('the keys commands, beside gateways on one SQLite file', () => {
  let wechat: StandInWechat;
  let dir: TempDir;
  let running: TestGateway[];

  beforeEach(async () => {
    wechat = await startStandInWechat();
    dir = makeTempDir();
    running = [];
  });

  afterEach(async () => {
    await stopAll();
    await wechat.close();
    dir.remove();
  });

  async function start(...secretKeys: Uint8Array[]): Promise<TestGateway> {
    const config = { secretKeys, sessionsPerUser: 1000 };
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url, dataDir: dir.path, config });
    running.push(gateway);
    return gateway;
  }

  async function stopAll(): Promise<void> {
    for (const gateway of running.splice(0)) await gateway.close();
  }

  const env = (...keys: Uint8Array[]) =>
    settingsOf(dir.path, { SECRET_KEYS: keys.map((key) => Buffer.from(key).toString('base64')).join(',') });
  const status = (...keys: Uint8Array[]) => runCommand(env(...keys), keysStatus);
  const reseal = (...keys: Uint8Array[]) => runCommand(env(...keys), resealKeys);

  /** The rows of the table, cells by column. */
  async function counted(...keys: Uint8Array[]): Promise<string[][]> {
    const { out } = await status(...keys);
    return out
      .split('\n')
      .slice(1)
      .filter((line) => /^\S+ +(first|yes|no) /.test(line))
      .map((line) => line.split(/ +/));
  }

  async function rowsOpenedWith(...keys: Uint8Array[]) {
    const file = await openSqliteFile(join(dir.path, 'menjin.db'));
    try {
      return await sealedRows(await openSqliteDatabase(file, Date.now), createKeyRing(keys));
    } finally {
      await file.close();
    }
  }

  const openidOf = async (gateway: TestGateway, token: string) =>
    (await gateway.viewer(token)).body.data?.viewer?.openid;

  test('status says what each key has sealed, which SECRET_KEYS knows, and what is to be done', async () => {
    const gateway = await start(oldKey);
    for (const openid of ['alice', 'alice', 'bob']) await gateway.tokenFor(codeOf(openid));
    expect(await counted(oldKey)).toEqual([[oldKid, 'first', '2', '1', '0']]);

    const rotated = await status(newKey, oldKey);
    expect(rotated).toMatchObject({ status: 0, err: '' });
    expect(rotated.out).toContain('menjin keys reseal seals 3 of them under the first key.');
    expect(await counted(newKey, oldKey)).toEqual([
      [newKid, 'first', '0', '0', '0'],
      [oldKid, 'yes', '2', '1', '0'],
    ]);

    const without = await status(newKey);
    expect(without.out).toContain('3 do not open');
    expect(await counted(newKey)).toEqual([
      [newKid, 'first', '0', '0', '0'],
      [oldKid, 'no', '2', '1', '3'],
    ]);
  });

  test('a rotation, step by step over two gateways that overlap, ends no session and loses no session_key', async () => {
    const tokens: string[] = [];
    /** Logs somebody in on each, and repeats it on the other. */
    async function logInOnBoth(step: string): Promise<void> {
      const [p1, p2] = running as [TestGateway, TestGateway];
      for (const [one, other] of [
        [p1, p2],
        [p2, p1],
      ] as const) {
        const code = codeOf(`person-${step}`);
        const requestId = freshRequestId();
        const token = await one.tokenFor(code, { requestId });
        expect(await other.tokenFor(code, { requestId })).toBe(token);
        tokens.push(token, await one.tokenFor(codeOf('alice')));
      }
      for (const gateway of running) {
        for (const token of tokens) expect(await openidOf(gateway, token)).toMatch(/^(alice|person)/);
      }
    }
    async function restart(index: number, ...keys: Uint8Array[]): Promise<void> {
      await running[index]?.close();
      running[index] = await start(...keys);
      running.pop();
    }
    await Promise.all([start(oldKey), start(oldKey)]);
    await logInOnBoth('before');
    await restart(0, oldKey, newKey);
    await logInOnBoth('known-to-one');
    await restart(1, oldKey, newKey);
    await restart(0, newKey, oldKey);
    await logInOnBoth('first-in-one');
    await restart(1, newKey, oldKey);
    await logInOnBoth('first-in-both');
    for (const { opened } of await rowsOpenedWith(newKey, oldKey)) expect(opened).not.toContain(null);

    const logins = Array.from({ length: 20 }, (_, n) => running[n % 2]?.tokenFor(codeOf('alice')));
    expect(await reseal(newKey, oldKey)).toMatchObject({ status: 0, err: '' });
    await Promise.all(logins);
    expect(await counted(newKey, oldKey)).toEqual([
      [newKid, 'first', '5', '5', '0'],
      [oldKid, 'yes', '0', '0', '0'],
    ]);
    expect((await status(newKey, oldKey)).out).toContain('The keys behind the first seal nothing that opens any more.');

    await restart(0, newKey);
    await restart(1, newKey);
    await logInOnBoth('without-the-old');
    for (const { opened } of await rowsOpenedWith(newKey)) expect(opened).not.toContain(null);
  });

  test('after the old key was removed too early the sessions go on, and the next login brings a session_key that opens', async () => {
    const before = await start(oldKey);
    const token = await before.tokenFor(codeOf('alice'));
    await stopAll();
    const gateway = await start(newKey);
    expect(await openidOf(gateway, token)).toBe('alice');
    expect((await rowsOpenedWith(newKey))[0]?.opened).toEqual([null, null]);

    expect(await reseal(newKey)).toEqual({
      status: 0,
      err: '',
      out: expect.stringMatching(/^1 identities looked at, 0 session_keys resealed\.\n1 do not open: /),
    });
    await gateway.tokenFor(codeOf('alice'));
    const [row] = await rowsOpenedWith(newKey);
    expect(row?.opened).toEqual([expect.stringMatching(/^SessionKey00/), null]);
    expect(row?.kids).toEqual([newKid, oldKid]);
    expect(await openidOf(gateway, token)).toBe('alice');
  });

  test('reseal leaves nothing to do for a second run', async () => {
    const gateway = await start(oldKey);
    for (const openid of ['alice', 'alice', 'bob']) await gateway.tokenFor(codeOf(openid));
    expect((await reseal(newKey, oldKey)).out).toBe('2 identities looked at, 3 session_keys resealed.\n');
    expect((await reseal(newKey, oldKey)).out).toBe('2 identities looked at, 0 session_keys resealed.\n');
  });

  test.each([
    ['is memory', { DATABASE_URL: 'memory:' }, /^DATABASE_URL is memory: .*\n$/],
    ['is not there', {}, /^DATABASE_URL names a SQLite file that is not there: .*\n$/],
    ['cannot be configured', { SESSION_IDLE_TTL: '0' }, /^The configuration has a fault:\n {2}SESSION_IDLE_TTL .*\n$/],
  ])('say in one sentence that the database %s, and make nothing', async (_, settings, sentence) => {
    for (const command of [keysStatus, resealKeys]) {
      const outcome = await runCommand(settingsOf(join(dir.path, 'nowhere'), settings), command);
      expect(outcome).toEqual({ status: 1, out: '', err: expect.stringMatching(sentence) });
    }
  });

  test('say in one sentence that the database is none', async () => {
    writeFileSync(join(dir.path, 'menjin.db'), 'not a database, and long enough to be read as one'.repeat(50));
    const outcome = await runCommand(settingsOf(dir.path), keysStatus);
    expect(outcome).toEqual({ status: 1, out: '', err: expect.stringMatching(/^DATABASE_URL: [^\n]+\n$/) });
  });

  test('are reached by their names, and by no others', async () => {
    await (await start(oldKey)).tokenFor(codeOf('alice'));
    const found = await menjin('keys', 'status');
    expect(found).toEqual({ status: 0, output: expect.stringContaining(`${oldKid}         first`) });
    const unknown = await menjin('keys', 'rotate');
    expect(unknown.status).toBe(2);
    expect(unknown.output).toBe('menjin keys does one of these:\n  menjin keys status\n  menjin keys reseal\n');
    const excess = await menjin('keys', 'reseal', '--fast');
    expect(excess).toEqual({ status: 2, output: expect.stringMatching(/^menjin keys reseal has no option --fast\. /) });
  });

  async function menjin(...args: string[]) {
    const script = (path: string) => new URL(path, import.meta.url);
    const main = fileURLToPath(script('../../src/cli/main.ts'));
    const child = spawn(process.execPath, ['--import', script('../support/typescript.mjs').href, main, ...args], {
      cwd: dir.path,
      env: { PATH: process.env.PATH, ...env(oldKey) },
      timeout: 50_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const [exitStatus] = await once(child, 'close');
    return { status: exitStatus, output };
  }
});

describeWithService('postgres', 'the keys commands beside a gateway on PostgreSQL', () => {
  test('count and reseal what is there', async () => {
    const [postgres, wechat] = await Promise.all([startPostgres(), startStandInWechat()]);
    try {
      const config = { databaseUrl: { kind: 'postgres', url: postgres.url } as const };
      const gateway = await startTestGateway({ wechatApiUrl: wechat.url, config });
      for (const openid of ['alice', 'alice', 'bob']) await gateway.tokenFor(codeOf(openid));
      const keys = [newKey, oldKey].map((key) => key.toString('base64')).join(',');
      const env = settingsOf('nowhere', {
        DATABASE_URL: postgres.url,
        SESSION_STORE_URL: 'memory:',
        SECRET_KEYS: keys,
      });
      expect((await runCommand(env, keysStatus)).out).toContain('menjin keys reseal seals 3 of them');
      expect(await runCommand(env, resealKeys)).toEqual({
        status: 0,
        out: '2 identities looked at, 3 session_keys resealed.\n',
        err: '',
      });
      expect((await runCommand(env, keysStatus)).out).toMatch(new RegExp(`^${oldKid} +yes +0 +0 +0$`, 'm'));
      await gateway.close();
    } finally {
      await Promise.all([postgres.stop(), wechat.close()]);
    }
  });
});
