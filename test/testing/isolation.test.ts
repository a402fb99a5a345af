import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { createTestGateway } from '../../src/testing/index.js';
import { makeTempDir } from '../support/test-gateway.js';
import { start, VIEWER } from './gateways.js';

test('several gateways at once share neither people nor sessions nor what WeChat was asked', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  const [alice, dora] = await Promise.all([first.signInAs('alice'), second.signInAs('dora')]);
  expect((await alice.graphql(VIEWER)).code).toBeNull();
  expect(await first.authenticate(dora.token)).toBeNull();
  expect(await second.authenticate(alice.token)).toBeNull();
  expect(first.wechat.users.map(({ username }) => username)).not.toContain('dora');
  expect(first.wechat.secret).not.toBe(second.wechat.secret);
  expect(second.wechat.exchanges()).toHaveLength(1);
  first.wechat.fail('quota');
  expect((await second.signInAs('alice')).viewer.user.id).not.toBe(alice.viewer.user.id);
});

test('a gateway opens no port, unless it is told to listen', async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = ports();
  const gateway = await start();
  const alice = await gateway.signInAs('alice');
  expect(ports()).toBe(before);

  const { url } = await gateway.listen();
  expect(ports()).toBe(before + 1);
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { openid } }' }),
  });
  expect(await response.json()).toEqual({ data: { viewer: { openid: alice.viewer.openid } } });
});

test('a gateway can be closed twice, and logs nobody in afterwards', async () => {
  const gateway = await createTestGateway();
  await gateway.signInAs('alice');
  await Promise.all([gateway.close(), gateway.close()]);
  await expect(gateway.signInAs('alice')).rejects.toThrow(/close/i);
});

test('a process that closed its gateway ends by itself; it read no variable and no .env, and wrote no file', async () => {
  const folder = makeTempDir();
  try {
    writeFileSync(path.join(folder.path, '.env'), 'SESSION_IDLE_TTL=hostile\n');
    const script = fileURLToPath(new URL('./lone-test.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', new URL('../support/typescript.mjs', import.meta.url).href, script],
      // It is killed, and this fails, if something keeps it alive.
      {
        cwd: folder.path,
        env: {
          ...process.env,
          NODE_ENV: 'production',
          PORT: 'hostile',
          DATABASE_URL: 'hostile:',
          WECHAT_APPID: 'hostile',
        },
        timeout: 50_000,
      },
    );
    const { refusal, openid, introspection } = JSON.parse(stdout);
    for (const name of ['SESSION_IDLE_TTL', 'PORT', 'DATABASE_URL', 'WECHAT_SECRET']) expect(refusal).toContain(name);
    expect(openid).toMatch(/^o/);
    expect(introspection).toEqual({ __schema: { queryType: { name: 'Query' } } });
    expect(readdirSync(folder.path)).toEqual(['.env']);
  } finally {
    folder.remove();
  }
});
