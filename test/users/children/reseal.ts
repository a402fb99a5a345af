import { createKeyRing } from '../../../src/lib/key-ring.js';
import { openSqliteDatabase } from '../../../src/sql/database.js';
import { openSqliteFile } from '../../../src/sql/sqlite-file.js';
import { reseal } from '../../../src/users/reseal.js';
import { answerCommands } from '../../support/child-side.js';

process.once('disconnect', () => process.exit());

answerCommands({
  /** Reseals, and ends itself by kill -9 in that transaction (counted from 1), before its commit. */
  resealUntilKilled: async (path: string, keys: readonly string[], lastTransaction: number) => {
    const database = await openSqliteDatabase(await openSqliteFile(path), Date.now);
    const ring = createKeyRing(keys.map((key) => Buffer.from(key, 'base64')));
    let transactions = 0;
    const killed: typeof database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (sql, now) => {
          const result = await work(sql, now);
          transactions += 1;
          if (transactions === lastTransaction) process.kill(process.pid, 'SIGKILL');
          return result;
        }),
    };
    return reseal(killed, ring);
  },
});
