import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findBinary, missingService, serverUser } from './binaries.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { answersWith } from './raw-request.js';

export interface PostgresOptions {
  /** Of the superuser; it is asked for then. Letters, digits, `-` and `_`. */
  password?: string;
  /** It speaks TLS too, with the certificate and the key in these files. */
  tls?: { readonly certificate: string; readonly key: string };
  /** More of its settings: `max_connections=5`. */
  settings?: readonly string[];
}

/** An empty PostgreSQL: database and superuser `postgres`, without a password. Not safe against a crash of the machine. */
export async function startPostgres({ password, tls, settings = [] }: PostgresOptions = {}): Promise<LocalServer> {
  const command = findBinary('postgres', 'postgres');
  const initdb = findBinary('postgres', 'initdb');
  const user = serverUser();
  if (command === null || initdb === null || user === null) throw new Error(`Cannot run ${missingService('postgres')}`);
  return startLocalServer({
    name: 'postgres',
    command,
    user,
    async prepare(directory) {
      if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid);
      if (tls !== undefined) writeKeyPair(tls, directory, user);
      const run = async (program: string, args: readonly string[]) => {
        await promisify(execFile)(program, args, { ...user, cwd: directory, timeout: 60_000 });
      };
      const data = path.join(directory, 'data');
      const init = (into: string, access: readonly string[]) =>
        run(initdb, ['-D', into, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '--no-sync', ...access]);
      if (password === undefined) {
        const made = await madeOnce((into) => init(into, ['-A', 'trust']), user);
        if (made !== null) await run('cp', ['-pR', made, data]);
        else await init(data, ['-A', 'trust']);
        return;
      }
      const passwordFile = path.join(directory, 'password');
      writeFileSync(passwordFile, password, { mode: 0o644 });
      await init(data, ['-A', 'scram-sha-256', '--pwfile', passwordFile]);
    },
    args: (port, directory) => [
      ...['-D', path.join(directory, 'data'), '-p', `${port}`, '-h', '127.0.0.1', '-k', directory],
      ...[...STANDING_SETTINGS, ...settings, ...(tls === undefined ? [] : tlsSettings(directory))].flatMap(
        (setting) => ['-c', setting],
      ),
    ],
    url: (port) => `postgres://postgres${password === undefined ? '' : `:${password}`}@127.0.0.1:${port}/postgres`,
    answers: (port) => answersWith(port, startupMessage, 'R'),
    startTimeoutMs: 30_000,
  });
}

/**
 * The folder of an empty server: the first that asks has it made, the others get what was made then, which takes a tenth of
 * the time. Only within `npm test`, which removes it with the folder of its run; else null.
 */
async function madeOnce(
  make: (folder: string) => Promise<void>,
  { uid, gid }: { uid?: number; gid?: number },
): Promise<string | null> {
  if (!process.env.MISSING_SERVICES_FILE) return null;
  const shared = path.join(tmpdir(), 'menjin-postgres-empty');
  const folder = path.join(shared, 'data');
  if (existsSync(folder)) return folder;
  const own = mkdtempSync(`${shared}-`);
  if (uid !== undefined && gid !== undefined) chownSync(own, uid, gid);
  await make(path.join(own, 'data'));
  try {
    renameSync(own, shared);
  } catch (error) {
    // Another worker was faster.
    if (!existsSync(folder)) throw error;
    rmSync(own, { recursive: true, force: true });
  }
  return folder;
}

function writeKeyPair(
  { certificate, key }: NonNullable<PostgresOptions['tls']>,
  directory: string,
  { uid, gid }: { uid?: number; gid?: number },
): void {
  copyFileSync(certificate, path.join(directory, 'server.pem'));
  // It refuses a key that others could read.
  const own = path.join(directory, 'server-key.pem');
  copyFileSync(key, own);
  chmodSync(own, 0o600);
  if (uid !== undefined && gid !== undefined) chownSync(own, uid, gid);
}

function tlsSettings(directory: string): string[] {
  return [
    'ssl=on',
    `ssl_cert_file=${path.join(directory, 'server.pem')}`,
    `ssl_key_file=${path.join(directory, 'server-key.pem')}`,
  ];
}

/** Sends one statement on a connection of its own. Rejects with what PostgreSQL refused it with. */
export async function askPostgres<Row>(url: string, text: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(text, parameters);
    return rows;
  } finally {
    await client.end();
  }
}

/** An empty database of its own on this server: its URL. */
export async function freshDatabase(server: LocalServer): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await askPostgres(server.url, `CREATE DATABASE ${name}`);
  return server.url.replace(/\/postgres$/, `/${name}`);
}

const STANDING_SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'shared_buffers=16MB',
  // In the data directory, where a killed server leaves nothing behind.
  'dynamic_shared_memory_type=mmap',
];

// Answered by AuthenticationOk ('R') only once the server takes queries: while it recovers it answers 'E'.
const startupMessage = (() => {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0', 'latin1');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, parameters]);
})();
