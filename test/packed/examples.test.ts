import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addCommands, addLink, copyExample, manifestOf, textsIn } from './example-project.js';
import { plain } from './programs.js';
import { type Program, root, runNode, runNpm, startProgram, writeFiles } from './sandbox.js';

const examples = path.join(root, 'examples');
const stepTimeoutMs = 120_000;

beforeAll(() => addCommands());

test('every example is tested here', () => {
  const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  // The mini-program needs the client alone, and is tested beside it.
  const tested = ['accounts', 'miniprogram', 'notify', 'orders', 'own-apollo', 'typed-login'];
  expect(folders.map(({ name }) => name).sort()).toEqual(tested);
});

test.each(['accounts', 'notify', 'orders', 'own-apollo'])('%s asks for the versions that are tested here', (name) => {
  const { dependencies, devDependencies } = manifestOf(path.join(examples, name));
  const { menjin, ...asked } = { ...dependencies, ...devDependencies };
  const ours = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, object>;
  expect({ ...ours.dependencies, ...ours.devDependencies, ...ours.peerDependencies }).toMatchObject(asked);
  expect(menjin).toBe('file:../..');
});

describe('examples/orders', () => {
  let folder: string;

  beforeAll(() => {
    folder = copyExample('orders');
  });

  test(
    'passes its tests, types included',
    async () => {
      await runNpm(folder, 'test');
    },
    stepTimeoutMs,
  );

  test(
    'its committed schema and documents are what its commands make',
    async () => {
      const generated = path.join('test', 'generated');
      // Nothing old is taken for what they make.
      rmSync(path.join(folder, 'schema.graphql'));
      await runNpm(folder, 'run', 'schema');
      rmSync(path.join(folder, generated), { recursive: true });
      await runNpm(folder, 'run', 'codegen');
      expect(readFileSync(path.join(folder, 'schema.graphql'), 'utf8')).toBe(
        readFileSync(path.join(examples, 'orders', 'schema.graphql'), 'utf8').replaceAll('\r\n', '\n'),
      );
      expect(textsIn(path.join(folder, generated))).toEqual(textsIn(path.join(examples, 'orders', generated)));
    },
    stepTimeoutMs,
  );

  // Windows knows no signal that a process could answer.
  (process.platform === 'win32' ? test.skip : test)('starts, knows its viewer, and ends at a signal', async () => {
    const shop = await startProgram(path.join(folder, 'dist', 'src', 'main.js'), { LOG_LEVEL: 'silent' });
    const { data } = await shop.graphql('{ orders { id } }', await shop.logIn('alice'));
    expect(data).toEqual({ orders: [] });
    expect(await shop.end('SIGTERM')).toMatchObject({ status: 0, signal: null, stderr: '' });
  });
});

describe('examples/accounts', () => {
  let folder: string;

  beforeAll(() => {
    folder = copyExample('accounts');
  });

  test(
    'tells its story, line by line, types included',
    async () => {
      await runNpm(folder, 'test');
    },
    stepTimeoutMs,
  );

  test(
    'its committed documents are what its command makes',
    async () => {
      const config = readFileSync(path.join(folder, 'codegen.yml'), 'utf8').replace(
        './node_modules/menjin/',
        '../../node_modules/menjin/',
      );
      writeFiles(path.join('examples', 'accounts'), { 'codegen.yml': config });
      rmSync(path.join(folder, 'generated'), { recursive: true });
      await runNpm(folder, 'run', 'codegen');
      expect(textsIn(path.join(folder, 'generated'))).toEqual(textsIn(path.join(examples, 'accounts', 'generated')));
    },
    stepTimeoutMs,
  );
});

describe('examples/notify', () => {
  test(
    'tells its story, line by line, types included',
    async () => {
      await runNpm(copyExample('notify'), 'test');
    },
    stepTimeoutMs,
  );
});

describe('examples/own-apollo', () => {
  test(
    'passes its tests, types included',
    async () => {
      await runNpm(copyExample('own-apollo'), 'test');
    },
    stepTimeoutMs,
  );
});

describe('examples/typed-login', () => {
  let folder: string;
  let gateway: Program;

  beforeAll(async () => {
    folder = copyExample('typed-login');
    for (const name of ['typescript', '@graphql-codegen/cli', '@graphql-codegen/client-preset']) addLink(name);
    gateway = await startProgram(path.join(writeFiles('typed-login-gateway', { 'gateway.js': plain }), 'gateway.js'));
  });

  afterAll(async () => {
    await gateway?.end();
  });

  test(
    'its documents are what codegen makes of the package’s schema',
    async () => {
      const [ofExample = ''] = readFileSync(path.join(root, 'codegen.yml'), 'utf8').split(
        '  # What @menjin/miniprogram asks',
      );
      const config = ofExample
        .replace('./schema.graphql', '../../node_modules/menjin/schema.graphql')
        .replaceAll('./examples/typed-login', '.');
      writeFiles(path.join('examples', 'typed-login'), { 'codegen.yml': config });
      rmSync(path.join(folder, 'generated'), { recursive: true });
      const cli = path.join(root, 'node_modules', '@graphql-codegen', 'cli', 'esm', 'bin.js');
      await runNode(folder, [cli, '--config', 'codegen.yml']);
      expect(textsIn(path.join(folder, 'generated'))).toEqual(textsIn(path.join(examples, 'typed-login', 'generated')));
    },
    stepTimeoutMs,
  );

  test(
    'compiles, and logs in at a gateway of the package',
    async () => {
      await runNode(folder, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.']);
      const { stdout } = await runNode(folder, [path.join(folder, 'dist', 'login.js')], { GATEWAY_URL: gateway.url });
      const greeted = await gateway.graphql('{ greeting }', await gateway.logIn('alice'));
      expect(greeted.data).toEqual({ greeting: `Hello, ${stdout.trimEnd()}.` });
    },
    stepTimeoutMs,
  );
});
