import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startGatewayProcess } from '../support/processes.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('menjin simulate', () => {
  let dir: TempDir;
  let child: ChildProcess | null = null;

  beforeEach(() => {
    dir = makeTempDir();
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    dir.remove();
  });

  function run(args: string[], env: Record<string, string> = {}) {
    const spawned = spawn(process.execPath, [MAIN, ...args], {
      cwd: dir.path,
      env: { PATH: process.env.PATH, ...env },
      timeout: 20_000,
    });
    child = spawned;
    let output = '';
    const exited = once(spawned, 'close').then(([status]) => status as number | null);
    const printed = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const read = (chunk: Buffer) => {
          output += chunk;
          if (output.includes(text)) resolve(output);
        };
        spawned.stdout.on('data', read);
        spawned.stderr.on('data', read);
        exited.then((status) => reject(new Error(`it ended with ${status}: ${output}`)), reject);
      });
    return { child: spawned, exited, printed, output: () => output };
  }

  async function runToEnd(args: string[], env?: Record<string, string>) {
    const running = run(args, env);
    running.printed('\0').catch(() => undefined);
    return { status: await running.exited, output: running.output() };
  }

  test('prints settings with which a gateway of another process logs people in', async () => {
    const simulator = run(['simulate', '--port', '0']);
    const output = await simulator.printed('Ctrl-C');
    const setting = (name: string) => new RegExp(`^ +${name}=(\\S+)$`, 'm').exec(output)?.[1] ?? '';
    const port = new URL(setting('WECHAT_API_URL')).port;
    expect(output).toContain(`npm run -s code -- alice --port ${port}`);
    const gateway = await startGatewayProcess({
      DATA_DIR: dir.path,
      WECHAT_API_URL: setting('WECHAT_API_URL'),
      WECHAT_APPID: setting('WECHAT_APPID'),
      WECHAT_SECRET: setting('WECHAT_SECRET'),
    });
    try {
      const code = await runToEnd(['code', 'alice', '--port', port]);
      expect(code).toEqual({ status: 0, output: expect.stringMatching(/^0[A-Za-z0-9]{31}\n$/) });
      const login = await gateway.login(code.output.trim());
      expect(login.body.data.login.viewer.openid).toMatch(/^o[\w-]{27}$/);
      const blocked = await runToEnd(['code', 'bob', '--fault', '40226'], { PORT: port });
      const refused = await gateway.login(blocked.output.trim());
      expect(refused.body.errors[0].extensions.code).toBe('USER_BLOCKED');
    } finally {
      await gateway.stop();
      simulator.child.kill('SIGKILL');
    }
  });

  test('takes the appid and the secret it is given', async () => {
    const simulator = run(['simulate', '--port=0', '--appid', 'wx1', '--secret', 'ours']);
    expect(await simulator.printed('Ctrl-C')).toMatch(/WECHAT_APPID=wx1\n +WECHAT_SECRET=ours\n/);
    simulator.child.kill('SIGKILL');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s with status 0, while a client waits for an answer',
    async (signal) => {
      const simulator = run(['simulate', '--port', '0']);
      const output = await simulator.printed('Ctrl-C');
      const url = /WECHAT_API_URL=(\S+)/.exec(output)?.[1];
      await fetch(`${url}/simulator/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"fault":"hang"}',
      });
      const gone = fetch(`${url}/sns/jscode2session`).then(
        () => 'answered',
        () => 'gone',
      );
      simulator.child.kill(signal);
      expect(await simulator.exited).toBe(0);
      expect(await gone).toBe('gone');
    },
  );

  test('is refused in one sentence in production', async () => {
    const { status, output } = await runToEnd(['simulate', '--port', '0'], { NODE_ENV: 'production' });
    expect({ status, output }).toEqual({ status: 1, output: 'There is no simulator in production.\n' });
  });

  test('says in one sentence that its port is taken, or its appid is none', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const taken = await runToEnd(['simulate', '--port', String(port)]);
    server.close();
    expect(taken).toEqual({ status: 1, output: expect.stringMatching(/^That port is in use .*--port\.\n$/) });
    const wrong = await runToEnd(['simulate', '--port', '0', '--appid', 'a b']);
    expect(wrong).toEqual({ status: 1, output: expect.stringMatching(/^an appid and a secret have [^\n]+\n$/) });
  });
});
