import { connectPostgres } from '../../src/sql/postgres.js';
import { openPostgresDatabase } from '../../src/sql/postgres-database.js';
import { postgresReason } from '../../src/sql/start-reasons.js';
import { answerCommands } from '../support/child-side.js';

answerCommands({
  ready: () => true,

  /** Whether the connection is encrypted; or the reason why there is none, as an operator reads it. */
  isEncrypted: async (url: string) => {
    const postgres = connectPostgres(url);
    try {
      const { rows } = await postgres.ask<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0]?.ssl;
    } catch (error) {
      return postgresReason(error);
    } finally {
      await postgres.close();
    }
  },

  /** Opens the database as a gateway does, and says how many users it has. */
  migrate: async (url: string) => {
    const postgres = connectPostgres(url);
    try {
      const database = await openPostgresDatabase(postgres, null);
      return (await database.query((sql) => sql.selectFrom('users').selectAll().execute())).length;
    } finally {
      await postgres.close();
    }
  },
});
