import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../schema.graphql', import.meta.url));

describe('the menjin command', () => {
  let dir: TempDir;

  beforeEach(() => {
    dir = makeTempDir();
  });

  afterEach(() => dir.remove());

  /** For those with a gateway of their own: one of them waits, and the others run beside it. */
  const inFolder = (work: (folder: string) => Promise<void>) => async () => {
    const own = makeTempDir();
    try {
      await work(own.path);
    } finally {
      own.remove();
    }
  };

  const run = (args: string[], env?: Record<string, string>) => runIn(dir.path, args, env);

  async function runIn(folder: string, args: string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), PORT: '0', ...env },
      // One that starts after all must not outlive its test.
      timeout: 20_000,
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const [status] = await once(child, 'close');
    return { status, output };
  }

  test.concurrent(
    'with nothing configured serves with a simulator, and gives out codes that log in',
    inFolder(async (folder) => {
      const gateway = await startGatewayProcess({
        DATA_DIR: join(folder, 'data'),
        NODE_ENV: 'development',
        WECHAT_APPID: '',
        WECHAT_SECRET: '',
        SECRET_KEYS: '',
      });
      try {
        expect(gateway.output()).toContain('npm run -s code -- alice');
        const code = await runIn(folder, ['code', 'alice'], { PORT: new URL(gateway.url).port });
        expect(code).toEqual({ status: 0, output: expect.stringMatching(/^[A-Za-z0-9]{32}\n$/) });
        const login = await gateway.login(code.output.trim());
        expect(login.body.data.login.viewer.openid).toMatch(/^o[A-Za-z0-9_-]{27}$/);

        const devtools = await gateway.login('the code is a mock one');
        expect(devtools.body.data.login.isNewUser).toBe(true);
        const unknown = await runIn(folder, ['code', 'nobody'], { PORT: new URL(gateway.url).port });
        expect(unknown).toEqual({ status: 1, output: expect.stringContaining('alice') });
      } finally {
        await gateway.stop();
      }
    }),
  );

  test.concurrent(
    'stops on SIGTERM, also when it comes twice, and "stopped" is its last line',
    inFolder(async (folder) => {
      const gateway = await startGatewayProcess({ DATA_DIR: folder });
      gateway.child.kill('SIGTERM');
      expect(await gateway.stop()).toBe(0);
      expect(JSON.parse(gateway.output().trim().split('\n').at(-1) ?? '').msg).toBe('stopped');
    }),
  );

  test.concurrent(
    'goes on answering when nobody reads its log, and ends at the hard limit when that keeps it from stopping',
    inFolder(async (folder) => {
      const gateway = await startGatewayProcess({ DATA_DIR: folder });
      gateway.child.stdout?.pause();
      for (let n = 0; n < 40; n += 1) {
        const refused = Array.from({ length: 30 }, () =>
          fetch(`${gateway.url}/nothing`).then((answer) => answer.text()),
        );
        await Promise.all(refused);
      }
      expect((await gateway.graphql('{ viewer { openid } }')).body).toEqual({ data: { viewer: null } });

      const askedAt = performance.now();
      await gateway.stop();
      expect(gateway.child.signalCode).toBe('SIGKILL');
      expect(performance.now() - askedAt).toBeLessThan(30_000);
    }),
  );

  describe('says in one sentence what a newcomer can do about', () => {
    test('a port that is in use', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const { status, output } = await run(['start'], { PORT: String(port) });
      server.close();
      expect([status, output]).toEqual([
        1,
        `Port ${port} is in use by another program: stop it, or choose another one with PORT.\n`,
      ]);
    });

    test('a DATA_DIR that cannot be written', async () => {
      const file = join(dir.path, 'file');
      writeFileSync(file, '');
      const { status, output } = await run(['start'], { DATA_DIR: join(file, 'data') });
      expect(status).toBe(1);
      expect(output).toMatch(/^DATA_DIR [^\n]+\n$/);
    });

    test('a database that is none', async () => {
      writeFileSync(
        join(dir.path, 'menjin.db'),
        'not a database, and long enough to be read as a header of one'.repeat(20),
      );
      const { status, output } = await run(['start'], { DATA_DIR: dir.path });
      expect(status).toBe(1);
      expect(output).toMatch(/^menjin could not start: DATABASE_URL: [^\n]+\n$/);
    });

    test('a command that does not exist', async () => {
      const { status, output } = await run(['serve']);
      expect(status).toBe(2);
      expect(output).toContain('menjin <command>');
    });

    test.each([
      [['start', '--port', '5000'], /^menjin start has no option --port\. .*environment variables\.\n$/],
      [['--port=5000'], /^menjin start has no option --port\. /],
      [['code', '--user', 'alice'], /^menjin code has no option --user\. It has: --port, --app, --fault\.\n$/],
      [['simulate', '--port'], /^The option --port needs a value: --port <port>\.\n$/],
      [['simulate', '--port', 'http'], /^The port is a whole number from 0 to 65535\.\n$/],
      [['code', '--port', '99999'], /^The port is a whole number from 0 to 65535\.\n$/],
      [['code', 'alice', 'bob'], /^One test user at a time: menjin code alice\n$/],
      [['schema', 'print'], /^menjin schema takes no such word: see --help\.\n$/],
    ])('%j', async (args, sentence) => {
      const { status, output } = await run(args);
      expect(output).toMatch(sentence);
      expect(status).toBe(2);
    });
  });

  test.each([[['--help']], [['-h']], [['help']], [['start', '--help']], [['simulate', '--port', '1', '--help']]])(
    '%j prints the commands, on one screen',
    async (args) => {
      const { status, output } = await run(args);
      expect(status).toBe(0);
      for (const command of ['start', 'code', 'simulate', 'check-config', 'schema', 'help']) {
        expect(output).toContain(`  menjin ${command}`);
      }
      const lines = output.trimEnd().split('\n');
      expect(lines.length).toBeLessThan(24);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test('schema prints what schema.graphql holds, whatever the settings are', async () => {
    const { status, output } = await run(['schema'], { NODE_ENV: 'production', PORT: 'xyzzy' });
    expect(status).toBe(0);
    expect(output).toBe(readFileSync(SCHEMA, 'utf8'));
  });

  test('lists every fault of the configuration at once, and --check-config does so without starting', async () => {
    const env = { NODE_ENV: 'production', WECHAT_APPID: 'wx1', PORT: 'xyzzy', SESSION_IDLE_TTL: '0' };
    const commands = [['start'], ['start', '--check-config'], ['--check-config']];
    for (const { status, output } of await Promise.all(commands.map((args) => run(args, env)))) {
      expect(status).toBe(1);
      for (const name of ['WECHAT_SECRET', 'SECRET_KEYS', 'PORT', 'SESSION_IDLE_TTL']) expect(output).toContain(name);
      expect(output).not.toContain('xyzzy');
    }
  });

  test.concurrent(
    'a production start has no simulator, no explorer and no introspection',
    inFolder(async (folder) => {
      let gateway: GatewayProcess | null = null;
      try {
        gateway = await startGatewayProcess({ DATA_DIR: folder, NODE_ENV: 'production' });
        expect((await fetch(`${gateway.url}/simulator/codes`, { method: 'POST' })).status).toBe(404);
        const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
        expect(await page.text()).not.toContain('<html');
        expect((await gateway.graphql('{ __schema { types { name } } }')).body.errors[0].extensions.code).toBe(
          'GRAPHQL_VALIDATION_FAILED',
        );
      } finally {
        await gateway?.stop();
      }
    }),
  );
});
