import pg from 'pg';
import { parsePostgresUrl } from '../lib/postgres-url.js';

const INT8 = 20;

/**
 * What the driver needs to know of a URL. It could read the URL itself, and would take more from it than we want.
 *
 * @throws TypeError for what is no URL of a PostgreSQL
 */
export function driverOptions(url: string): pg.PoolConfig {
  const address = parsePostgresUrl(url);
  if (address === null) throw new TypeError('not the URL of a PostgreSQL');
  const { host, port, database, user, password, sslmode } = address;
  return {
    host,
    port,
    ...(database === null ? {} : { database }),
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ssl: sslmode === 'disable' ? false : { rejectUnauthorized: sslmode !== 'no-verify' },
    application_name: 'menjin',
    types: {
      // Milliseconds and counts; the driver would give text, for fear of numbers that we never write.
      getTypeParser: ((oid: number, format: 'text') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
}
