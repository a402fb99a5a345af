import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { startPostgres } from '../servers/postgres.js';
import { startChild } from '../support/child-process.js';

const fixture = (name: string) => fileURLToPath(new URL(`../faults/certificates/${name}.pem`, import.meta.url));
const TRUSTS_CA = { NODE_EXTRA_CA_CERTS: fixture('ca') };

describeWithService('postgres', 'a PostgreSQL behind TLS', () => {
  const servers = new Map<string, LocalServer>();
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  async function serverWith(certificate: string): Promise<LocalServer> {
    const tls = { certificate: fixture(certificate), key: fixture('server-key') };
    const server = servers.get(certificate) ?? (await startPostgres({ tls }));
    servers.set(certificate, server);
    return server;
  }

  test.each<[certificate: string, sslmode: string, env: Record<string, string>, outcome: unknown]>([
    ['good', 'verify-full', TRUSTS_CA, true],
    ['good', 'require', TRUSTS_CA, true],
    ['good', 'disable', {}, false],
    ['good', 'require', {}, expect.stringContaining('is not trusted')],
    ['self-signed', 'require', TRUSTS_CA, expect.stringContaining('is not trusted')],
    ['self-signed', 'no-verify', {}, true],
    ['other-host', 'require', TRUSTS_CA, 'its certificate is of another host'],
    ['expired', 'verify-full', TRUSTS_CA, 'its certificate has expired'],
  ])('that shows a certificate that is %s, with sslmode=%s', async (certificate, sslmode, env, outcome) => {
    const server = await serverWith(certificate);
    const child = startChild(new URL('./other-postgres-process.ts', import.meta.url), env);
    try {
      expect(await child.ask('isEncrypted', `${server.url}?sslmode=${sslmode}`)).toEqual(outcome);
    } finally {
      await child.kill();
    }
  });
});
