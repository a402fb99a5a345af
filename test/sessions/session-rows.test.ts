import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { markOldestEnded } from '../../src/sessions/session-ends.js';
import { countLive, findLive } from '../../src/sessions/session-rows.js';
import { type Database, openSqliteDatabase, type Sql } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

let dir: TempDir;
let file: SqliteFile;
let database: Database;
/** The texts that were prepared. */
let prepared: string[];

beforeEach(async () => {
  dir = makeTempDir();
  file = await openSqliteFile(join(dir.path, 'test.db'));
  prepared = [];
  const prepare = file.writer.prepare.bind(file.writer);
  file.writer.prepare = (text) => {
    prepared.push(text);
    return prepare(text);
  };
  database = await openSqliteDatabase(file, () => 0);
  prepared.length = 0;
});
afterEach(async () => {
  await file.close();
  dir.remove();
});

const questions: [what: string, ask: (sql: Sql) => Promise<unknown>][] = [
  ['the cap of a login', (sql) => markOldestEnded(sql, 1, { sid: 'a', userId: 'b' }, 10)],
  ['the list of sessions', (sql) => findLive(sql, 1, 'b', 10)],
  ['their number', (sql) => countLive(sql, 1, 'b')],
];

test.each(questions)('%s of one user is looked for among theirs, not among everybody’s', async (_what, ask) => {
  await database.transaction((sql) => ask(sql));
  expect(prepared).toHaveLength(1);
  const [text = ''] = prepared;
  const nothing = Array(text.split('?').length - 1).fill('x');
  const plan = (await file.read((connection) => connection.prepare(`EXPLAIN QUERY PLAN ${text}`).all(nothing))) as {
    detail: string;
  }[];
  const details = plan.map(({ detail }) => detail).join('; ');
  expect(details).toContain('sessions_of_user (user_id=? AND state=?)');
  expect(details).not.toContain('sessions_by_end');
});
