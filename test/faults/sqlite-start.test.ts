import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Libsql from 'libsql';
import { type FolderScene, openFolderScene } from '../support/folder-scene.js';
import { codeOf, makeTempDir, type TempDir, type TestGateway } from '../support/test-gateway.js';

let scene: FolderScene;
let path: string;

beforeEach(async () => {
  scene = await openFolderScene();
  ({ path } = scene);
});

afterEach(() => scene.close());

function start(dataDir = scene.dir): Promise<TestGateway> {
  return scene.start({ dataDir });
}

async function openidOf(gateway: TestGateway, token: string): Promise<unknown> {
  return (await gateway.viewer(token)).body.data?.viewer?.openid;
}

describe('a file that was damaged while nobody had it open', () => {
  let copy: string;
  let tokens: string[];
  let left: TempDir;

  beforeEach(async () => {
    const gateway = await start();
    tokens = [];
    for (let n = 0; n < 5; n += 1) tokens.push(await gateway.tokenFor(codeOf('alice')));
    // As a process that was killed leaves it: most of it is in the log.
    left = makeTempDir();
    copy = join(left.path, 'menjin.db');
    for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
  });
  afterEach(() => left.remove());

  function overwrite(file: string, bytes: Buffer): void {
    const opened = openSync(file, 'r+');
    writeSync(opened, bytes, 0, bytes.length, 0);
    closeSync(opened);
  }

  const contents = () =>
    readdirSync(left.path).map((name) => [name, readFileSync(join(left.path, name)).toString('hex')]);

  test.each<[what: string, spoil: () => void, reason: string]>([
    ['a header that was overwritten', () => overwrite(copy, Buffer.alloc(100, 'x')), 'it is no SQLite database'],
    ['zeros for a first page', () => overwrite(copy, Buffer.alloc(4096)), 'it is no SQLite database'],
    ['a text in its place', () => writeFileSync(copy, 'milk, eggs, bread\n'.repeat(500)), 'it is no SQLite database'],
    ['nothing left in it', () => truncateSync(copy, 0), 'it is no SQLite database'],
    ['a log that was overwritten', () => overwrite(`${copy}-wal`, Buffer.alloc(32, 'x')), 'it is damaged'],
  ])(
    'it has %s: the gateway does not start, says why, and leaves every byte as it was',
    async (_what, spoil, reason) => {
      spoil();
      const before = contents();
      await expect(start(left.path)).rejects.toThrow(
        `DATABASE_URL: the SQLite file cannot be used: ${reason} (it was left as it is)`,
      );
      expect(contents()).toEqual(before);
    },
  );

  test.each<[how: string, spoil: (log: string) => void]>([
    ['cut off', (log) => truncateSync(log, statSync(log).size - 1000)],
    ['half written', (log) => appendFileSync(log, Buffer.alloc(3000, 'x'))],
  ])('the end of its log is %s: what was committed before is there', async (_how, spoil) => {
    spoil(`${copy}-wal`);
    const gateway = await start(left.path);
    for (const token of tokens.slice(0, -1)) expect(await openidOf(gateway, token)).toBe('alice');
    expect(await openidOf(gateway, await gateway.tokenFor(codeOf('alice')))).toBe('alice');
    const file = new Libsql(copy);
    expect(file.prepare('PRAGMA integrity_check').get([])).toMatchObject({ integrity_check: 'ok' });
    file.close();
  });
});

const MADE_LATER = {
  tables: ['audit_events', 'access_tokens', 'phone_budgets'],
  indexes: [
    ...['sessions_by_end', 'sessions_unfinished', 'sessions_gone', 'sessions_of_identity'],
    ...['users_one_per_username', 'users_by_age', 'users_merged', 'identities_of_user', 'identities_by_unionid'],
  ],
  columns: {
    sessions: ['ip', 'device', 'touched_at', 'password_version'],
    users: [
      ...['username', 'password_hash', 'password_version', 'phone_number', 'phone_verified_at'],
      ...['nickname', 'avatar_url', 'status', 'merged_into', 'phone_asked_at', 'phone_code_hash'],
    ],
    identities: ['linked_at'],
  },
};

test('a file of the first version is brought up to date, and its sessions go on', async () => {
  const before = await start();
  const token = await before.tokenFor(codeOf('alice'));
  await before.close();
  const file = new Libsql(path);
  for (const index of MADE_LATER.indexes) file.exec(`DROP INDEX ${index}`);
  for (const [table, columns] of Object.entries(MADE_LATER.columns)) {
    for (const column of columns) file.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
  }
  for (const table of MADE_LATER.tables) file.exec(`DROP TABLE ${table}`);
  file.exec('DELETE FROM schema_versions WHERE version > 1');
  file.close();

  const after = await start();
  expect(await openidOf(after, token)).toBe('alice');
  const { viewer } = (await after.graphql('{ viewer { sessions { current ip } } }', { token })).body.data;
  expect(viewer.sessions).toEqual([{ current: true, ip: null }]);
  expect((await after.logout(token)).body.data.logout).toEqual({ ended: true });
});
