import { type Kysely, sql } from '../kysely.js';
import { login } from './001-login.js';
import { sessions } from './002-sessions.js';
import { users } from './003-users.js';
import { wechat } from './004-wechat.js';

/** Applied in order, once each, forward only. The position in the list is the version. */
const migrations: readonly ((db: Kysely<unknown>) => Promise<void>)[] = [login, sessions, users, wechat];

/** The database was brought up to date by a newer menjin, whose tables this one does not know. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

/**
 * Must run inside a transaction that holds the write lock: of several processes that start at once, one migrates.
 *
 * @param isNew false where `schema_versions` is known to be there: PostgreSQL wants the right to make a table before it looks
 *   whether there is one.
 */
export async function migrate(db: Kysely<unknown>, now: number, isNew = true): Promise<void> {
  if (isNew) {
    await sql`CREATE TABLE IF NOT EXISTS schema_versions (version integer PRIMARY KEY, applied_at bigint NOT NULL)`.execute(
      db,
    );
  }
  const version = await readVersion(db);
  if (version > migrations.length) {
    throw new NewerDatabaseError(
      `the database is of version ${version}, this menjin knows versions up to ${migrations.length}: start a newer menjin`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    await migration(db);
    await sql`INSERT INTO schema_versions (version, applied_at) VALUES (${index + 1}, ${now})`.execute(db);
  }
}

async function readVersion(db: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ version: number | null }>`SELECT max(version) AS version FROM schema_versions`.execute(
    db,
  );
  return rows[0]?.version ?? 0;
}
