import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { startRedis } from '../servers/redis.js';
import { freePort } from '../support/ports.js';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, makeTempDir, type TempDir } from '../support/test-gateway.js';

const certificate = (name: string) => fileURLToPath(new URL(`../faults/certificates/${name}.pem`, import.meta.url));

describeWithService('redis', 'a gateway whose sessions are in Redis behind TLS', () => {
  let wechat: StandInWechat;
  let server: LocalServer;
  let dir: TempDir;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    wechat = await startStandInWechat();
    dir = makeTempDir();
  });

  afterEach(async () => {
    await gateway.stop();
    await server.stop();
    await wechat.close();
    dir.remove();
  });

  /** @param name of the certificate that Redis shows. @param env where the gateway learns whom to trust */
  async function start(name: string, env: Record<string, string>): Promise<void> {
    const port = await freePort();
    const key = ['--tls-cert-file', certificate(name), '--tls-key-file', certificate('server-key')];
    const tls = ['--tls-port', `${port}`, ...key, '--tls-ca-cert-file', certificate('ca'), '--tls-auth-clients', 'no'];
    server = await startRedis({ args: tls });
    gateway = await startGatewayProcess({
      WECHAT_API_URL: wechat.url,
      DATA_DIR: dir.path,
      SESSION_STORE_URL: `rediss://127.0.0.1:${port}`,
      ...env,
    });
  }

  /** The connection is made in the background. */
  async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    while (!(await holds())) {
      if (performance.now() > giveUpAt) throw new Error(`it did not happen within 10 s: ${gateway.output()}`);
      await sleep(20);
    }
  }

  async function codeOfLogin(): Promise<unknown> {
    const { body } = await gateway.login(codeOf('alice'), freshRequestId());
    return body.errors?.[0].extensions.code ?? null;
  }

  test('works where its certificate is trusted', async () => {
    await start('good', { NODE_EXTRA_CA_CERTS: certificate('ca') });
    await eventually(async () => (await fetch(`${gateway.url}/readyz`)).ok);
    expect(await codeOfLogin()).toBeNull();
  });

  test.each([
    ['is nobody’s that it trusts', 'good', {}, 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['is of another host', 'other-host', { NODE_EXTRA_CA_CERTS: certificate('ca') }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['has expired', 'expired', { NODE_EXTRA_CA_CERTS: certificate('ca') }, 'CERT_HAS_EXPIRED'],
  ] as const)('trusts nothing to a server whose certificate %s', async (_title, name, env, cause) => {
    await start(name, env);
    await eventually(() => gateway.output().includes(`"causeCode":"${cause}"`));
    expect(await codeOfLogin()).toBe('SERVICE_UNAVAILABLE');
    expect(wechat.calls).toEqual([]);
  });
});
