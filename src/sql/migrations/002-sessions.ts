import { type Kysely, sql } from '../kysely.js';

/** Where a session was begun and when it was used, for its list; and what the sweep looks for, so that it never reads the whole table. */
export async function sessions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('ip', 'text').execute();
  await db.schema.alterTable('sessions').addColumn('device', 'text').execute();
  await db.schema.alterTable('sessions').addColumn('touched_at', 'bigint').execute();

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
