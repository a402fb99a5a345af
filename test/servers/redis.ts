import { findBinary, missingService } from './binaries.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { answersWith } from './raw-request.js';

/** An empty Redis that keeps nothing on disk. */
export async function startRedis(): Promise<LocalServer> {
  const command = findBinary('redis', 'redis-server');
  if (command === null) throw new Error(`Cannot run ${missingService('redis')}`);
  return startLocalServer({
    name: 'redis',
    command,
    args: (port, directory) => [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
    answers: (port) => answersWith(port, 'PING\r\n', '+PONG'),
    startTimeoutMs: 10_000,
  });
}
