import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { CUPS, TEA, tellStory } from '../../examples/accounts/story.js';
import { loadConfig } from '../../src/config.js';
import { composeGateway } from '../../src/gateway.js';
import { createSimulator } from '../../src/simulator/index.js';

const expected = readFileSync(new URL('../../examples/accounts/story.txt', import.meta.url), 'utf8');

test('the accounts example tells its story, line by line', async () => {
  const wechat = await createSimulator({
    apps: [{ appid: TEA.appid }, { appid: CUPS.appid }],
    users: [{ username: 'mei' }, { username: 'lin' }],
  });
  const env = {
    NODE_ENV: 'test',
    PORT: '0',
    WECHAT_API_URL: wechat.url,
    DATABASE_URL: 'memory:',
    SESSION_STORE_URL: 'memory:',
    SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'),
  };
  const readFile = () => {
    throw new Error('no file is read in tests');
  };
  const apps = wechat.apps.map(({ appid, secret }) => {
    return { platform: 'WECHAT', appid, secrets: [secret], tenant: 'tea-house' } as const;
  });
  const { config } = loadConfig({ env, cwd: process.cwd(), readFile }, { apps });
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const gateway = await composeGateway(config, { logDestination: discard });
  const { url } = await gateway.listen();
  const lines: string[] = [];
  try {
    const wxLogin = (person: string, appid: string) => wechat.code(person, { appid });
    await tellStory({ url, wxLogin }, (line) => lines.push(line));
  } finally {
    await gateway.close();
    await wechat.close();
  }
  expect(lines.join('\n')).toBe(expected.replaceAll('\r\n', '\n').trimEnd());
});
