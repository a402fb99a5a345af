import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Config, loadConfig } from '../../src/config.js';
import { composeGateway, type RunningGateway } from '../../src/gateway.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const run = promisify(execFile);

/** No app is configured, so a simulator runs; nothing of this machine's environment is read. */
function simulatedConfig(): Config {
  const env = {
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: 'memory:',
    SESSION_STORE_URL: 'memory:',
    SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'),
  };
  const readFile = () => {
    throw new Error('no file is read in tests');
  };
  return loadConfig({ env, cwd: root, readFile }).config;
}

describe('the typed login example', () => {
  let out: TempDir;
  let gateway: RunningGateway;
  let url: string;

  beforeAll(async () => {
    out = makeTempDir();
    writeFileSync(join(out.path, 'package.json'), '{ "type": "module" }');
    const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
    gateway = await composeGateway(simulatedConfig(), { logDestination: discard });
    ({ url } = await gateway.listen());
    await run(process.execPath, [tsc, '-p', join(root, 'examples', 'typed-login'), '--outDir', out.path]);
  }, 60_000);

  afterAll(async () => {
    await gateway?.close();
    out?.remove();
  });

  function simulator() {
    if (gateway.simulator === null) throw new Error('the gateway has no simulator');
    return gateway.simulator;
  }

  function runExample(...args: string[]) {
    const env = { ...process.env, GATEWAY_URL: url };
    return run(process.execPath, [join(out.path, 'login.js'), ...args], { env, timeout: 20_000 });
  }

  function openidOf(username: string): string | undefined {
    return simulator().users.find((user) => user.username === username)?.openid ?? undefined;
  }

  test('compiles under strict, logs in with a code it was given, and prints who that was', async () => {
    const { stdout } = await runExample(simulator().code('bob'));
    expect(stdout).toBe(`${openidOf('bob')}\n`);
  });

  test('asks the simulator for a code of alice when it was given none', async () => {
    const { stdout } = await runExample();
    expect(stdout).toBe(`${openidOf('alice')}\n`);
  });

  test('reports a refusal by its code', async () => {
    await expect(runExample('neverIssued')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^CODE_INVALID: /),
    });
  });
});
