import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';
import { scanDeclarations } from './declaration-scan.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const run = promisify(execFile);

/** What tsc prints, and nothing thrown when it found something wrong. */
async function runTsc(...args: string[]): Promise<string> {
  try {
    return (await run(process.execPath, [tsc, '--pretty', 'false', ...args], { timeout: 60_000 })).stdout;
  } catch (error) {
    const { stdout, code } = error as { stdout?: string; code?: unknown };
    if (typeof stdout === 'string' && stdout !== '' && typeof code === 'number') return stdout;
    throw error;
  }
}

interface Fixture {
  readonly title: string;
  readonly source: string;
  /** The compiler's numbers; none when it compiles. */
  readonly errors: readonly string[];
}

const fixtures: readonly Fixture[] = [
  {
    title: 'reading openid after a null check compiles',
    source: `import type { GatewayContext } from './dist/index.js';
      export const openid = (context: GatewayContext) => context.viewer === null ? null : context.viewer.openid;
      export const asked = (context: GatewayContext) => context.viewer?.session.expiresAt.getTime();`,
    errors: [],
  },
  {
    title: 'reading openid without a null check does not compile',
    source: `import type { GatewayContext } from './dist/index.js';
      export const openid = (context: GatewayContext) => context.viewer.openid;`,
    errors: ['TS18047'],
  },
  {
    title: 'a unionid is not taken for a string',
    source: `import type { Viewer } from './dist/index.js';
      export const unionid = (viewer: Viewer): string => viewer.unionid;`,
    errors: ['TS2322'],
  },
  {
    title: 'the viewer cannot be changed',
    source: `import type { Viewer } from './dist/index.js';
      export const become = (viewer: Viewer) => { viewer.openid = 'somebody else'; };`,
    errors: ['TS2540'],
  },
  {
    title: 'a state that does not exist does not compile',
    source: `import type { GatewayContext } from './dist/index.js';
      export const known = (context: GatewayContext) => context.viewerState === 'signedIn';
      export const wrong = (context: GatewayContext) => context.viewerState === 'loggedIn';`,
    errors: ['TS2367'],
  },
  {
    title: 'options of their types compile',
    source: `import { createGateway } from './dist/index.js';
      export const gateway = await createGateway({ config: { port: 0, logLevel: 'silent' } });
      export const plain = await createGateway();`,
    errors: [],
  },
  {
    title: 'an option of the wrong type does not compile',
    source: `import { createGateway } from './dist/index.js';
      export const gateway = await createGateway({ config: { port: '4000' } });`,
    errors: ['TS2322'],
  },
  {
    title: 'a misspelt option does not compile',
    source: `import { createGateway } from './dist/index.js';
      export const first = await createGateway({ confg: {} });
      export const second = await createGateway({ config: { sessionIdleTtl: '7d' } });`,
    errors: ['TS2561', 'TS2561'],
  },
  {
    title: 'the Fastify app has its type',
    source: `import type { Gateway } from './dist/index.js';
      export const address = (gateway: Gateway) => gateway.app.server.address();
      export const nothing = (gateway: Gateway) => gateway.app.nothing;`,
    errors: ['TS2339'],
  },
  {
    title: 'what authenticate answers may be nobody',
    source: `import type { Gateway } from './dist/index.js';
      export const openid = async (gateway: Gateway) => (await gateway.authenticate('token')).openid;`,
    errors: ['TS2531'],
  },
];

const simulatorSnippet = /^```ts\n([\s\S]*?)^```$/m.exec(
  readFileSync(path.join(root, 'docs', 'simulator.md'), 'utf8').replaceAll('\r\n', '\n'),
)?.[1];

const simulatorFixtures: readonly Fixture[] = [
  {
    title: 'what the docs say of the simulator compiles',
    source: (simulatorSnippet ?? 'there is no snippet').replace('menjin/simulator', './dist/simulator/index.js'),
    errors: [],
  },
  {
    title: 'a fault that the simulator does not know does not compile',
    source: `import { createSimulator } from './dist/simulator/index.js';
      (await createSimulator()).fail('sleepy');`,
    errors: ['TS2345'],
  },
];

const allFixtures = [...fixtures, ...simulatorFixtures];

const settings = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    // Off, as a strict consumer has it: what we publish must stand by itself.
    skipLibCheck: false,
    noEmit: true,
  },
  files: allFixtures.map((_, index) => `fixture-${index}.ts`),
};

let temp: TempDir;
let dist: string;

beforeAll(async () => {
  temp = makeTempDir();
  dist = path.join(temp.path, 'dist');
  mkdirSync(dist);
  // A junction needs no rights on Windows; elsewhere the type is ignored.
  symlinkSync(path.join(root, 'node_modules'), path.join(temp.path, 'node_modules'), 'junction');
  writeFileSync(path.join(temp.path, 'package.json'), '{ "type": "module" }');
  const buildInfo = path.join(temp.path, 'build-info.json');
  const build = ['-p', path.join(root, 'tsconfig.build.json'), '--outDir', dist, '--tsBuildInfoFile', buildInfo];
  expect(await runTsc(...build, '--emitDeclarationOnly')).toBe('');
}, 60_000);

afterAll(() => temp?.remove());

describe('the public types', () => {
  let output: string;

  beforeAll(async () => {
    writeFileSync(path.join(temp.path, 'tsconfig.json'), JSON.stringify(settings));
    for (const [index, { source }] of allFixtures.entries()) {
      writeFileSync(path.join(temp.path, `fixture-${index}.ts`), source);
    }
    output = await runTsc('-p', temp.path);
  }, 60_000);

  for (const [index, { title, errors }] of allFixtures.entries()) {
    test(title, () => {
      const lines = output.split('\n').filter((line) => line.includes(`fixture-${index}.ts`));
      expect(lines.map((line) => /error (TS\d+)/.exec(line)?.[1])).toEqual(errors);
    });
  }

  test('have no fault outside these fixtures', () => {
    const elsewhere = output.split('\n').filter((line) => /error TS/.test(line) && !line.includes('fixture-'));
    expect(elsewhere).toEqual([]);
  });
});

describe('the declarations of the package', () => {
  test('say any nowhere, and import neither ofetch nor undici', () => {
    const { files, anys, packages } = scanDeclarations('index.d.ts', (file) =>
      readFileSync(path.join(dist, file), 'utf8'),
    );
    expect(files).toContain('gateway.d.ts');
    expect(anys).toEqual([]);
    expect(packages).toContain('fastify');
    expect(packages.filter((name) => /^(ofetch|undici)/.test(name))).toEqual([]);
  });

  test('of the simulator say any nowhere, and import no package', () => {
    const { files, anys, packages } = scanDeclarations('simulator/index.d.ts', (file) =>
      readFileSync(path.join(dist, file), 'utf8'),
    );
    expect(files).toContain('simulator/simulator.d.ts');
    expect(anys).toEqual([]);
    expect(packages).toEqual([]);
  });

  test('are searched through imports, re-exports and import types', () => {
    const declarations: Record<string, string> = {
      'index.d.ts': `export * from './one.js'; export type { Two } from './deep/two.js'; export declare const any: unknown;`,
      'one.d.ts': `export declare const fetch: (from: import('ofetch').FetchOptions) => Promise<any>;`,
      'deep/two.d.ts': `import type { Dispatcher } from 'undici/types'; import '../three.js'; export type Two = Dispatcher;`,
      'three.d.ts': `export declare function parse(text: string, ...rest: any[]): unknown;`,
      'unreached.d.ts': `export type Unreached = any;`,
    };
    const scan = scanDeclarations('index.d.ts', (file) => declarations[file] ?? '');
    expect(scan).toEqual({
      files: ['index.d.ts', 'one.d.ts', 'deep/two.d.ts', 'three.d.ts'],
      anys: ['one.d.ts', 'three.d.ts'],
      packages: ['ofetch', 'undici/types'],
    });
  });
});
