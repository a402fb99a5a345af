import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { mergeUsers, planMerge } from '../../src/users/merge-users.js';
import { changeUser, findUser, insertUser, resolveUser, type UserChange, type UserRow } from '../../src/users/users.js';

const NOBODY: UserRow = {
  id: 'nobody',
  tenant: 'default',
  createdAt: 0,
  username: null,
  passwordHash: null,
  passwordVersion: 0,
  phoneNumber: null,
  phoneVerifiedAt: null,
  phoneAskedAt: null,
  phoneCodeHash: null,
  nickname: null,
  avatarUrl: null,
  status: 'active',
  mergedInto: null,
};

const named = (name: string): UserChange => ({ username: name, passwordHash: `hash of ${name}`, passwordVersion: 3 });
const phone = (phoneNumber: string): UserChange => ({
  ...{ phoneNumber, phoneVerifiedAt: 7, phoneCodeHash: 'hash of its code' },
});

describe('what becomes of two users', () => {
  test.each<[string, UserChange, UserChange, ReturnType<typeof planMerge>]>([
    ['nothing is known of either', {}, {}, { takes: [], drops: [], change: {} }],
    ['all is the survivor’s', { ...named('a'), nickname: 'A' }, {}, { takes: [], drops: [], change: {} }],
    [
      'the survivor has no username: it takes the other’s, with its password, as one more of theirs',
      { passwordVersion: 5 },
      named('b'),
      { takes: ['username'], drops: [], change: { username: 'b', passwordHash: 'hash of b', passwordVersion: 6 } },
    ],
    [
      'both have one: the survivor’s stays, and no password of the other’s opens it',
      named('a'),
      named('b'),
      { takes: [], drops: ['username'], change: {} },
    ],
    [
      'each fact is decided by itself, and a phone number comes with when it was verified',
      { ...named('a'), nickname: 'A' },
      { ...named('b'), ...phone('+8613800000000'), nickname: 'B', avatarUrl: 'https://b.example/' },
      {
        takes: ['phoneNumber', 'avatarUrl'],
        drops: ['username', 'nickname'],
        change: { ...phone('+8613800000000'), avatarUrl: 'https://b.example/' },
      },
    ],
  ])('%s', (_, survivor, other, plan) => {
    expect(planMerge({ ...NOBODY, ...survivor }, { ...NOBODY, id: 'other', ...other })).toEqual(plan);
  });
});

describe('a merge', () => {
  let file: SqliteFile;
  let database: Database;

  beforeEach(async () => {
    file = await openSqliteFile(':memory:');
    database = await openSqliteDatabase(file, () => 0);
    await database.transaction(async (sql) => {
      for (const id of ['a', 'b', 'c', 'd']) await insertUser(sql, { id, tenant: 'default', createdAt: 0 });
    });
  });
  afterEach(() => file.close());

  const userOf = async (id: string) => {
    const user = await database.query((sql) => findUser(sql, id));
    if (user === null) throw new Error(`there is no ${id}`);
    return user;
  };
  const merge = async (survivor: string, other: string) => {
    const [into, from] = [await userOf(survivor), await userOf(other)];
    await database.transaction((sql, now) => mergeUsers(sql, now, into, from));
  };
  const idNow = async (id: string) => (await database.query((sql) => resolveUser(sql, id)))?.id ?? null;

  test('leaves nothing known of the other, whose username the survivor can take in the same moment', async () => {
    await database.transaction((sql) => changeUser(sql, 'b', { ...named('b'), ...phone('+1'), nickname: 'B' }));
    await merge('a', 'b');
    expect(await userOf('b')).toEqual({ ...NOBODY, id: 'b', passwordVersion: 3, status: 'merged', mergedInto: 'a' });
    expect(await userOf('a')).toEqual({
      ...{ ...NOBODY, id: 'a', ...named('b'), passwordVersion: 1, nickname: 'B' },
      ...phone('+1'),
    });
  });

  test('of who has survived others takes their ids along: every id names who is left', async () => {
    await merge('b', 'c');
    await merge('b', 'd');
    await merge('a', 'b');
    expect(await Promise.all(['a', 'b', 'c', 'd', 'nobody'].map(idNow))).toEqual(['a', 'a', 'a', 'a', null]);
    expect((await userOf('c')).mergedInto).toBe('a');
  });

  test('that happens while an id is looked up does not keep it from being found', async () => {
    // As who looks sees it who read the first row before the merge, and the second after it.
    await database.transaction(async (sql) => {
      await changeUser(sql, 'c', { status: 'merged', mergedInto: 'b' });
      await changeUser(sql, 'b', { status: 'merged', mergedInto: 'a' });
    });
    expect(await idNow('c')).toBe('a');
  });
});
