import type { Database } from '../sql/database.js';
import { type AskedUsers, listUsers } from '../users/list-users.js';
import type { UserRow } from '../users/users.js';
import { type Arguments, UsageError } from './arguments.js';
import { table } from './table.js';
import { type StoreCommand, withStores } from './with-stores.js';

const DEFAULT_LIMIT = '100';
const MAX_LIMIT = 10_000;
/** Rows of one query: running gateways ask the same database. */
const PAGE = 500;

/** `menjin users list`: who there is, the newest first. */
export function listAllUsers(given: Arguments, command: StoreCommand): Promise<number> {
  const { tenant = null, limit = DEFAULT_LIMIT } = given.options;
  const asked = { tenant, onlyBanned: given.flags.has('banned') };
  const count = parseLimit(limit);
  return withStores(command, ['DATABASE_URL'], async ({ database }) => {
    const users = await readUsers(database, asked, count);
    const rows = users.map(rowOf);
    if (given.flags.has('json')) command.out.write(`${JSON.stringify(rows, null, 2)}\n`);
    else for (const line of tableOf(rows)) command.out.write(`${line}\n`);
    if (users.length === count) command.err.write(`There may be more: these are the newest ${count}. Add --limit.\n`);
    return 0;
  });
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new UsageError(`The limit is a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

type Wanted = Pick<AskedUsers, 'tenant' | 'onlyBanned'>;

async function readUsers(database: Database, asked: Wanted, count: number): Promise<UserRow[]> {
  const users: UserRow[] = [];
  for (;;) {
    const limit = Math.min(PAGE, count - users.length);
    const page = await database.query((sql) => listUsers(sql, { ...asked, after: users.at(-1) ?? null, limit }));
    users.push(...page);
    if (page.length < limit || users.length === count) return users;
  }
}

function rowOf({ id, tenant, status, username, createdAt, mergedInto }: UserRow) {
  return { id, tenant, status, username, createdAt: new Date(createdAt).toISOString(), mergedInto };
}

const HEADINGS = ['id', 'tenant', 'status', 'username', 'created', 'merged into'];

function tableOf(rows: readonly ReturnType<typeof rowOf>[]): string[] {
  return rows.length === 0 ? ['No user.'] : table(HEADINGS, rows.map(Object.values));
}
