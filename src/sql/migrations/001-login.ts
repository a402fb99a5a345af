import type { Kysely } from 'kysely';

export async function login(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('identities')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('appid', 'text', (column) => column.notNull())
    .addColumn('openid', 'text', (column) => column.notNull())
    .addColumn('unionid', 'text')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('session_key', 'text', (column) => column.notNull())
    .addColumn('previous_session_key', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('identities_one_per_person', ['tenant', 'platform', 'appid', 'openid'])
    .execute();

  await db.schema
    .createTable('sessions')
    .addColumn('sid', 'text', (column) => column.primaryKey())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('identity_id', 'text', (column) => column.notNull().references('identities.id'))
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
    .execute();
  await db.schema.createIndex('sessions_of_user').on('sessions').columns(['user_id', 'state', 'created_at']).execute();

  await db.schema
    .createTable('login_claims')
    .addColumn('login_key', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .execute();
}
