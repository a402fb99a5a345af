import type { Kysely } from 'kysely';

/** What apps ask the platform for in their own name, and what people's phone numbers have cost. */
export async function wechat(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('access_tokens')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('appid', 'text', (column) => column.notNull())
    .addColumn('token', 'text')
    .addColumn('expires_at', 'bigint')
    .addColumn('forced_at', 'bigint')
    .addColumn('lease_owner', 'text')
    .addColumn('lease_until', 'bigint')
    .addPrimaryKeyConstraint('access_tokens_of_app', ['platform', 'appid'])
    .execute();
  await db.schema
    .createTable('phone_budgets')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('appid', 'text', (column) => column.notNull())
    .addColumn('day', 'bigint', (column) => column.notNull())
    .addColumn('spent', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('phone_budgets_of_day', ['platform', 'appid', 'day'])
    .execute();
  await db.schema.alterTable('users').addColumn('phone_asked_at', 'bigint').execute();
  await db.schema.alterTable('users').addColumn('phone_code_hash', 'text').execute();
}
