import { createClient } from '@keyv/redis';
import { findBinary, missingService } from './binaries.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { answersWith } from './raw-request.js';

export interface RedisOptions {
  /** Keeps what was acknowledged through `kill` and `restart`; else it comes back empty. */
  appendonly?: boolean;
  /** Letters, digits, `-` and `_`. */
  password?: string;
  /** As Redis spells it (`4mb`). Beyond it every write is refused. */
  maxmemory?: string;
  /** More of its command line. */
  args?: readonly string[];
}

/** An empty Redis that keeps nothing on disk, unless told to. */
export async function startRedis(options: RedisOptions = {}): Promise<LocalServer> {
  const { appendonly = false, password, maxmemory, args = [] } = options;
  const command = findBinary('redis', 'redis-server');
  if (command === null) throw new Error(`Cannot run ${missingService('redis')}`);
  return startLocalServer({
    name: 'redis',
    command,
    args: (port, directory) => [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory],
      // With everysec Redis answers before it writes, for up to two seconds, while the disk is busy with the last second.
      ...['--save', '', '--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', 'always', '--daemonize', 'no'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...(maxmemory === undefined ? [] : ['--maxmemory', maxmemory, '--maxmemory-policy', 'noeviction']),
      ...args,
    ],
    url: (port) => `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    answers: (port) =>
      password === undefined
        ? answersWith(port, 'PING\r\n', '+PONG')
        : answersWith(port, `AUTH ${password}\r\nPING\r\n`, '+OK\r\n+PONG'),
    startTimeoutMs: 10_000,
  });
}

// Copies share its class of all commands, which takes some 15 ms to make.
const template = createClient();

/** Sends one command on a connection of its own. Rejects with what Redis refused it with. */
export async function askRedis(url: string, ...command: readonly string[]): Promise<unknown> {
  const client = template.duplicate({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand([...command]);
  } finally {
    client.destroy();
  }
}

/** How often it was asked this since its start, or since CONFIG RESETSTAT. */
export async function commandCalls(url: string, command: string): Promise<number> {
  const stats = String(await askRedis(url, 'INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
