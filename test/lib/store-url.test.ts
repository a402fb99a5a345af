import { describe, expect, test } from '@jest/globals';
import { parsePostgresUrl } from '../../src/lib/postgres-url.js';
import { parseDatabaseUrl, parseSessionStoreUrl } from '../../src/lib/store-url.js';

const LOCAL = { host: 'db', port: 5432, database: 'menjin', user: null, password: null, sslmode: 'disable' };

describe('the URL of a PostgreSQL', () => {
  test.each<[text: string, parts: object]>([
    ['postgres://db/menjin', LOCAL],
    ['PostgreSQL://db/menjin', LOCAL],
    ['postgres://db', { ...LOCAL, database: null }],
    ['postgres://me@db:6432/menjin', { ...LOCAL, user: 'me', port: 6432 }],
    ['postgres://m%40e:p%3Aw%2F%23@db/menjin', { ...LOCAL, user: 'm@e', password: 'p:w/#' }],
    ['postgres://[::1]:5432/menjin', { ...LOCAL, host: '::1' }],
    ['postgres://me@%2Fvar%2Frun%2Fpostgresql/menjin', { ...LOCAL, user: 'me', host: '/var/run/postgresql' }],
    ['postgres://db/menjin?sslmode=require', { ...LOCAL, sslmode: 'require' }],
    ['postgres://db/menjin?sslmode=verify-full', { ...LOCAL, sslmode: 'verify-full' }],
    ['postgres://db/menjin?sslmode=no-verify', { ...LOCAL, sslmode: 'no-verify' }],
  ])('%s is understood', (text, parts) => {
    expect(parsePostgresUrl(text)).toEqual(parts);
    expect(parseDatabaseUrl(text)).toEqual({ kind: 'postgres', url: text });
    expect(parseSessionStoreUrl(text)).toEqual({ kind: 'postgres', url: text });
  });

  test.each([
    'postgres:',
    'postgres:///menjin',
    'postgres://',
    'mysql://db/menjin',
    'postgres:db/menjin',
    'postgres://db,other/menjin',
    'postgres://db:port/menjin',
    'postgres://db/menjin/more',
    'postgres://db/menjin#part',
    'postgres://me:%zz@db/menjin',
    'postgres://db/men%00jin',
    // Encryption that gives way to whoever asks for it is none.
    'postgres://db/menjin?sslmode=prefer',
    'postgres://db/menjin?sslmode=allow',
    'postgres://db/menjin?sslmode=',
    'postgres://db/menjin?sslmode=require&sslmode=disable',
    // The driver would take them from here.
    'postgres://db/menjin?host=other',
    'postgres://db/menjin?options=-c%20statement_timeout=0',
    'postgres://db/menjin?sslmode=require&sslrootcert=ca.pem',
  ])('%s is none', (text) => {
    expect(parseDatabaseUrl(text)).toBeNull();
    expect(parseSessionStoreUrl(text)).toBeNull();
  });
});

describe('the URL of a Redis cluster', () => {
  const url = 'redis+cluster://:secret@a:7000,b:7001';
  test('is one of a session store, and none of a database', () => {
    expect(parseSessionStoreUrl(url)).toEqual({ kind: 'redis', url });
    expect(parseDatabaseUrl(url)).toBeNull();
  });
});
