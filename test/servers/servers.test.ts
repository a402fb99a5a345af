import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServiceName } from './binaries.js';
import { describeWithService } from './describe-with-service.js';
import type { LocalServer } from './local-server.js';
import { startPostgres } from './postgres.js';
import { isRunning, processTree } from './process-tree.js';
import { rawRequest } from './raw-request.js';
import { startRedis } from './redis.js';

// PostgreSQL's SSLRequest: length 8, code 80877103.
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const cases: { service: ServiceName; start(): Promise<LocalServer>; bytes: string | Uint8Array; answer: RegExp }[] = [
  { service: 'redis', start: startRedis, bytes: 'PING\r\n', answer: /^\+PONG\r\n$/ },
  { service: 'postgres', start: startPostgres, bytes: sslRequest, answer: /^[NS]$/ },
];

for (const { service, start, bytes, answer } of cases) {
  describeWithService(service, `a ${service} of the tests' own`, () => {
    let server: LocalServer;
    const ask = (timeoutMs = 5_000) => rawRequest(server.port, bytes, timeoutMs);

    beforeAll(async () => {
      server = await start();
    }, 60_000);
    afterAll(() => server.stop());

    test('answers a request at its url once started', async () => {
      expect(new URL(server.url).host).toBe(`127.0.0.1:${server.port}`);
      expect(await ask()).toMatch(answer);
    });

    test('answers nothing while frozen, and again after thaw', async () => {
      server.freeze();
      expect(await ask(300)).toBeNull();
      server.thaw();
      expect(await ask()).toMatch(answer);
    });

    test('refuses connections when killed, and answers at the same port after restart', async () => {
      const { pid } = server;
      await server.kill();
      await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await server.restart();
      expect(server.pid).not.toBe(pid);
      expect(await ask()).toMatch(answer);
    });

    test('can be killed while frozen', async () => {
      server.freeze();
      await server.kill();
      await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await server.restart();
      expect(await ask()).toMatch(answer);
    }, 30_000);

    test('leaves no process and no directory when stopped', async () => {
      const tree = processTree(server.pid);
      expect(isRunning(server.pid)).toBe(true);
      expect(existsSync(server.directory)).toBe(true);
      await server.stop();
      expect(tree.filter(isRunning)).toEqual([]);
      expect(existsSync(server.directory)).toBe(false);
    });
  });
}
