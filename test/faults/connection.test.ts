import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { startChild } from '../support/child-process.js';
import { startOwnTime } from '../support/own-time.js';
import { freePort } from '../support/ports.js';
import { APP_SECRET, codeOf, freshRequestId, startTestGateway } from '../support/test-gateway.js';

describe('no connection', () => {
  const silent = createServer();
  afterAll(() => void silent.close());

  async function portOf(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const nowhere: readonly (readonly [string, () => Promise<string>, string, RegExp])[] = [
    ['nobody listens', async () => `http://127.0.0.1:${await freePort()}`, 'unreachable', /^ECONNREFUSED$/],
    // Longer than a name may be, so no resolver is asked.
    ['the name does not resolve', async () => `http://${'n'.repeat(64)}.invalid`, 'unreachable', /^(ENOTFOUND|EAI_)/],
    ['the handshake is never answered', async () => `https://127.0.0.1:${await portOf(silent)}`, 'timeout', /^null$/],
  ];

  test.each(nowhere)(
    'because %s is PLATFORM_UNAVAILABLE in time, without the address',
    async (_title, start, kind, cause) => {
      const wechatApiUrl = await start();
      const lost = await startTestGateway({ wechatApiUrl });
      const took = startOwnTime();
      const answer = await lost.login(codeOf('alice'), { requestId: freshRequestId() });
      expect(took()).toBeLessThan(6000);
      expect([answer.status, answer.code]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
      const line = lost.logLines.find((each) => each.requestId === answer.headers['x-request-id'] && 'code' in each);
      expect(line).toMatchObject({ kind });
      expect(String(line?.causeCode)).toMatch(cause);
      for (const told of [answer.body, lost.logLines]) {
        expect(JSON.stringify(told)).not.toContain(new URL(wechatApiUrl).host);
        expect(JSON.stringify(told)).not.toContain(APP_SECRET);
      }
      await lost.close();
    },
  );
});

test('a certificate that is self-signed, expired or of another host is refused before anything is sent', async () => {
  const place = new URL('./certificates/', import.meta.url);
  const key = readFileSync(new URL('server-key.pem', place));
  const client = startChild(new URL('./tls-client.ts', import.meta.url), {
    NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('ca.pem', place)),
  });
  let requests = 0;
  async function exchangeWith(certificate: string): Promise<unknown> {
    const server = https.createServer(
      { key, cert: readFileSync(new URL(certificate, place)) },
      (_request, response) => {
        requests += 1;
        response.end('{"openid":"alice","session_key":"SessionKey00AAAAAAAAAA=="}');
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const outcome = await client.ask('exchange', `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.closeAllConnections();
    server.close();
    return outcome;
  }

  try {
    // The authority of all four but the self-signed one is trusted.
    expect(await exchangeWith('good.pem')).toBe('alice');
    expect(requests).toBe(1);
    const refused = 'PLATFORM_UNAVAILABLE tls';
    expect(await exchangeWith('self-signed.pem')).toBe(`${refused} DEPTH_ZERO_SELF_SIGNED_CERT`);
    expect(await exchangeWith('expired.pem')).toBe(`${refused} CERT_HAS_EXPIRED`);
    expect(await exchangeWith('other-host.pem')).toBe(`${refused} ERR_TLS_CERT_ALTNAME_INVALID`);
    expect(requests).toBe(1);
  } finally {
    await client.kill();
  }
});
