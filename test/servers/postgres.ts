import { execFile } from 'node:child_process';
import { chownSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findBinary, missingService, serverUser } from './binaries.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { answersWith } from './raw-request.js';

/** An empty PostgreSQL: database and superuser `postgres`, no password. Not safe against a crash of the machine. */
export async function startPostgres(): Promise<LocalServer> {
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
      const args = [
        '-D',
        path.join(directory, 'data'),
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--no-locale',
        '--no-sync',
      ];
      await promisify(execFile)(initdb, args, { ...user, cwd: directory, timeout: 60_000 });
    },
    args: (port, directory) => [
      ...['-D', path.join(directory, 'data'), '-p', `${port}`, '-h', '127.0.0.1', '-k', directory],
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    answers: (port) => answersWith(port, startupMessage, 'R'),
    startTimeoutMs: 30_000,
  });
}

const settings = [
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
