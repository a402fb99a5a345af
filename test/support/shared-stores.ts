import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import Libsql from 'libsql';
import pg from 'pg';
import type { Config } from '../../src/config.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { freshDatabase, startPostgres } from '../servers/postgres.js';
import { inPostgres } from './postgres-gateway.js';
import { rounds } from './rounds.js';
import { makeTempDir } from './test-gateway.js';

/** What gateways of one test share, and a look into it. */
export interface SharedStores {
  /** What a gateway needs to be told to use them. */
  readonly config: Partial<Config>;
  /** The table of session values. */
  readonly values: string;
  /** Any statement, without parameters. */
  ask<Row>(text: string): Promise<Row[]>;
  /** Everything that is kept, to be searched for what must not be. */
  texts(): Promise<string[]>;
  close(): Promise<void>;
}

export type OpenSharedStores = () => Promise<SharedStores>;

export async function openSqliteStores(): Promise<SharedStores> {
  const dir = makeTempDir();
  const path = join(dir.path, 'menjin.db');
  const connections: InstanceType<typeof Libsql>[] = [];
  return {
    config: { databaseUrl: { kind: 'sqlite', path }, sessionStoreUrl: { kind: 'sqlite', path } },
    values: 'keyv',
    ask: async (text) => {
      const [connection = new Libsql(path)] = connections;
      connections[0] = connection;
      const statement = connection.prepare(text);
      if (statement.reader) return statement.all([]) as never[];
      statement.run([]);
      return [];
    },
    texts: async () => readdirSync(dir.path).map((name) => readFileSync(join(dir.path, name), 'latin1')),
    close: async () => {
      for (const connection of connections) connection.close();
      dir.remove();
    },
  };
}

async function openPostgresStores(server: LocalServer): Promise<SharedStores> {
  const url = await freshDatabase(server);
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => String } });
  await client.connect();
  const ask = async <Row>(text: string) => (await client.query(text)).rows as Row[];
  return {
    config: inPostgres(url),
    values: 'session_values',
    ask,
    texts: async () => {
      const tables = await ask<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
      const texts: string[] = [];
      for (const { name } of tables) {
        for (const { text } of await ask<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)) texts.push(text);
      }
      return texts;
    },
    close: () => client.end(),
  };
}

/**
 * The same tests on SQLite, and on PostgreSQL where there is one.
 *
 * @param postgres 'soak' for what takes long and hardly asks more of one database than of the other
 */
export function describeOnEachDatabase(
  name: string,
  tests: (open: OpenSharedStores) => void,
  { postgres = 'always' }: { postgres?: 'always' | 'soak' } = {},
): void {
  describe(name, () => tests(openSqliteStores));
  if (postgres === 'soak' && rounds(0, 1) === 0) return;

  describeWithService('postgres', `${name}, on PostgreSQL`, () => {
    let server: LocalServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    tests(() => openPostgresStores(server));
    // After those of the tests: hooks run in the order in which they are written.
    afterAll(() => server.stop());
  });
}
