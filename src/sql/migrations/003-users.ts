import { type Kysely, PostgresAdapter, sql } from '../kysely.js';

/** People beyond their first identity: names and passwords, what they typed of themselves, bans, merges; and what happened. */
export async function users(db: Kysely<unknown>): Promise<void> {
  await describeUsers(db);
  await describeIdentities(db);
  if (db.getExecutor().adapter instanceof PostgresAdapter) await freeSessionsOnPostgres(db);
  else await freeSessionsOnSqlite(db);
  await createAuditEvents(db);
}

async function describeUsers(db: Kysely<unknown>): Promise<void> {
  const texts = ['username', 'password_hash', 'phone_number', 'nickname', 'avatar_url'];
  for (const column of texts) await db.schema.alterTable('users').addColumn(column, 'text').execute();
  await db.schema.alterTable('users').addColumn('phone_verified_at', 'bigint').execute();
  await db.schema
    .alterTable('users')
    .addColumn('password_version', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('users')
    .addColumn('status', 'text', (column) => column.notNull().defaultTo('active'))
    .execute();
  await db.schema.alterTable('users').addColumn('merged_into', 'text').execute();
  await db.schema
    .createIndex('users_one_per_username')
    .on('users')
    .columns(['tenant', 'username'])
    .unique()
    .where('username', 'is not', null)
    .execute();
  // For the list of an operator, the newest first.
  await db.schema.createIndex('users_by_age').on('users').columns(['created_at', 'id']).execute();
  await db.schema
    .createIndex('users_merged')
    .on('users')
    .column('merged_into')
    .where('merged_into', 'is not', null)
    .execute();
}

async function describeIdentities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('identities')
    .addColumn('linked_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`UPDATE identities SET linked_at = created_at`.execute(db);
  await db.schema.createIndex('identities_of_user').on('identities').column('user_id').execute();
  await db.schema
    .createIndex('identities_by_unionid')
    .on('identities')
    .columns(['tenant', 'unionid'])
    .where('unionid', 'is not', null)
    .execute();
}

/** A row of an ended session outlives its identity for a day. A login by password remembers which password it was. */
async function freeSessionsOnPostgres(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('password_version', 'integer').execute();
  await sql`ALTER TABLE sessions DROP CONSTRAINT sessions_identity_id_fkey`.execute(db);
  await db.schema.createIndex('sessions_of_identity').on('sessions').columns(['identity_id', 'state']).execute();
}

/** SQLite drops no constraint: the table is made anew. */
async function freeSessionsOnSqlite(db: Kysely<unknown>): Promise<void> {
  const columns = [
    ...['sid', 'token_hash', 'user_id', 'identity_id', 'login_key', 'kid', 'state', 'is_new_user', 'created_at'],
    ...['opening_until', 'until', 'first_until', 'abs_until', 'ended_at', 'reason', 'gone_at', 'ip', 'device'],
    'touched_at',
  ];
  await db.schema
    .createTable('sessions_anew')
    .addColumn('sid', 'text', (column) => column.primaryKey())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('identity_id', 'text', (column) => column.notNull())
    .addColumn('login_key', 'text', (column) => column.unique())
    .addColumn('kid', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('is_new_user', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('opening_until', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('first_until', 'bigint', (column) => column.notNull())
    .addColumn('abs_until', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('reason', 'text')
    .addColumn('gone_at', 'bigint')
    .addColumn('ip', 'text')
    .addColumn('device', 'text')
    .addColumn('touched_at', 'bigint')
    .addColumn('password_version', 'integer')
    .execute();
  const list = sql.join(columns.map((column) => sql.ref(column)));
  await sql`INSERT INTO sessions_anew (${list}) SELECT ${list} FROM sessions`.execute(db);
  await db.schema.dropTable('sessions').execute();
  await db.schema.alterTable('sessions_anew').renameTo('sessions').execute();

  await db.schema.createIndex('sessions_of_user').on('sessions').columns(['user_id', 'state', 'created_at']).execute();
  await db.schema.createIndex('sessions_of_identity').on('sessions').columns(['identity_id', 'state']).execute();
  await db.schema.createIndex('sessions_by_end').on('sessions').columns(['state', 'until']).execute();
  await db.schema
    .createIndex('sessions_unfinished')
    .on('sessions')
    .columns(['ended_at', 'sid'])
    .where(sql<boolean>`gone_at IS NULL AND ended_at IS NOT NULL`)
    .execute();
  await db.schema
    .createIndex('sessions_gone')
    .on('sessions')
    .column('gone_at')
    .where('gone_at', 'is not', null)
    .execute();
}

async function createAuditEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('session_id', 'text')
    .addColumn('appid', 'text')
    .addColumn('openid', 'text')
    .addColumn('ip', 'text')
    .addColumn('details', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('audit_events_by_time').on('audit_events').columns(['at', 'id']).execute();
  await db.schema.createIndex('audit_events_of_user').on('audit_events').columns(['user_id', 'at']).execute();
  await db.schema.createIndex('audit_events_of_openid').on('audit_events').columns(['openid', 'at']).execute();
}
