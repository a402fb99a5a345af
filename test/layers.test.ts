import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type ModuleImport, scanModule } from './support/module-scan.js';

/** An import follows an arrow, or several of them downward. A layer is a folder of src/, or the files named in `files`. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  index: ['gateway'],
  cli: ['gateway', 'config', 'simulator'],
  testing: ['gateway', 'config', 'simulator'],
  gateway: ['http', 'config', 'development-keys', 'simulator'],
  http: ['graphql'],
  graphql: ['auth'],
  auth: ['users', 'sessions', 'audit', 'tokens', 'limits', 'platforms'],
  users: ['sql'],
  audit: ['sql'],
  tokens: ['sql'],
  sessions: ['sql', 'redis'],
  limits: ['redis'],
  redis: [],
  platforms: ['wechat'],
  wechat: ['fetch-json', 'sql'],
  'fetch-json': [],
  sql: [],
  config: [],
  'development-keys': [],
  simulator: ['lib'],
  observe: [],
  lib: [],
  errors: [],
};

/** Files at the top of src/ whose layer has another name. */
const files: Readonly<Record<string, string>> = {
  options: 'config',
  'apps-file': 'config',
  'documents-file': 'config',
  'read-text-file': 'config',
  'config-in-code': 'config',
  'config-warnings': 'config',
  'compose-documents': 'gateway',
  'compose-wechat': 'gateway',
  'context-builder': 'gateway',
  'gateway-options': 'gateway',
  ending: 'gateway',
  'request-context': 'gateway',
  'server-keys': 'gateway',
  'simulated-app': 'gateway',
  verbs: 'gateway',
  'redis-cluster': 'redis',
  'redis-redirection': 'redis',
  'redis-replacement': 'redis',
  'redis-settings': 'redis',
  'redis-slot-reader': 'redis',
  'redis-slots': 'redis',
  'redis-subscriber': 'redis',
  measured: 'gateway',
  stores: 'gateway',
  version: 'gateway',
};

/** Reached by its own arrow only, never over several steps. */
const doors = ['config', 'development-keys', 'simulator'];

/** Open to all layers but these, which keep to what is written here. */
const open = ['lib', 'errors', 'observe'];
const closed: Readonly<Record<string, readonly string[]>> = {
  simulator: ['lib'],
  observe: ['lib', 'errors'],
  lib: ['errors'],
  errors: [],
};

/** Interfaces that outer and inner layers speak of: their types may be imported wherever `open` layers may. */
const openTypes = ['platforms/platform.ts'];

/** Packages with one door. Scopes and subpaths count as the package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  ofetch: ['fetch-json'],
  libsql: ['sql'],
  kysely: ['sql', 'users', 'sessions', 'audit'],
  pg: ['sql'],
  keyv: ['sessions'],
  '@keyv': ['sessions'],
  '@redis': ['redis'],
  'rate-limiter-flexible': ['limits'],
  'type-graphql': ['graphql'],
  '@graphql-tools': ['graphql'],
};

const onlyDynamic: Readonly<Record<string, readonly string[]>> = { simulator: ['gateway', 'cli'] };
const readersOfEnvironment = ['config.ts'];
const maxLines = 300;
const emptyNames = /(^|[-.])(managers?|helpers?|commons?|base|utils?)([-.]|$)/i;

/** What is wrong with a file of src/, one sentence each. `file` is relative to src/, with slashes. */
function violations(file: string, source: string): string[] {
  const layer = layerOf(file);
  const { imports, readsEnvironment } = scanModule(source);
  const found = imports.map((each) => violationOfImport(file, layer, each));
  if (!(layer in arrows)) found.push(`${file}: ${layer} is no layer of the table in layers.test.ts`);
  if (readsEnvironment && !readersOfEnvironment.includes(file)) found.push(`${file}: only config.ts reads process.env`);
  if (source.split('\n').length - 1 > maxLines) found.push(`${file}: longer than ${maxLines} lines`);
  if (file.split('/').some((name) => emptyNames.test(name))) found.push(`${file}: the name says nothing`);
  return found.filter((sentence) => sentence !== null);
}

function violationOfImport(file: string, layer: string, { specifier, kind }: ModuleImport): string | null {
  if (specifier === null) return `${file}: a dynamic import names its module as a literal`;
  const says = `${file} imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    const name = Object.keys(packages).find((each) => specifier === each || specifier.startsWith(`${each}/`));
    const layers = name === undefined ? null : packages[name];
    return layers == null || layers.includes(layer) ? null : `${says}: only ${layers.join(', ')} may`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  if (target.startsWith('..')) return `${says}: that is outside src/`;
  const targetLayer = layerOf(target);
  if (targetLayer === layer) return null;
  if (kind === 'type' && openTypes.includes(target) && !(layer in closed)) return null;
  if (!reachable(layer).has(targetLayer)) return `${says}: no arrow leads from ${layer} to ${targetLayer}`;
  const importers = onlyDynamic[targetLayer];
  if (importers?.includes(layer) && kind === 'static')
    return `${says}: ${layer} imports ${targetLayer} dynamically or not at all`;
  return null;
}

function layerOf(file: string): string {
  const [top = ''] = file.replace(/\.ts$/, '').split('/');
  return files[top] ?? top;
}

function reachable(layer: string): Set<string> {
  const reached = new Set(closed[layer] ?? [...open, ...(arrows[layer] ?? [])]);
  for (const each of reached) {
    for (const next of arrows[each] ?? []) if (!doors.includes(next)) reached.add(next);
  }
  return reached;
}

const src = fileURLToPath(new URL('../src/', import.meta.url));
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(path.sep).join('/'))
  .sort();

test('every file of src keeps to the arrows, the doors, the length and the names', () => {
  expect(sources).toContain('errors.ts');
  expect(sources.flatMap((file) => violations(file, readFileSync(path.join(src, file), 'utf8')))).toEqual([]);
});

describe('the check of the layers', () => {
  const allowed: [file: string, source: string][] = [
    ['gateway.ts', "import { loadConfig } from './config.js';"],
    ['gateway.ts', "const simulator = await import('./simulator/index.js');"],
    ['gateway.ts', "import type { Simulator } from './simulator/index.js';"],
    ['cli/main.ts', "import { loadConfig } from '../config.js';\nimport { fetchJson } from '../fetch-json.js';"],
    ['http/server.ts', "import { openDatabase } from '../sql/database.js';"],
    ['auth/log-in.ts', "import { AppError } from '../errors.js';\nimport { log } from '../observe/log.js';"],
    ['options.ts', "import { parseAppsFile } from './apps-file.js';"],
    [
      'users/identities.ts',
      "import type { PlatformName } from '../platforms/platform.js';\nimport { sql } from 'kysely';",
    ],
    ['sessions/stores/sqlite.ts', "import { Keyv } from 'keyv';\nimport '../session-store.js';"],
    ['http/explorer.ts', "// import x from '../config.js'; process.env\nconst text = `import y from '../gateway.js'`;"],
    ['config.ts', 'export const environment = process.env;'],
    ['lib/database-name.ts', 'export {};'],
    ['sql/kysely.ts', "const require = createRequire(import.meta.url);\nexport const { sql } = require('kysely');"],
    ['http/offline-explorer.ts', "export const found = createRequire(import.meta.url).resolve('pg');"],
  ];
  for (const [file, source] of allowed) {
    test(`lets ${file} be: ${source.slice(0, 80)}`, () => {
      expect(violations(file, source)).toEqual([]);
    });
  }

  const refused: [file: string, source: string, sentence: RegExp][] = [
    [
      'http/server.ts',
      "import { loadConfig } from '../config.js';",
      /^http\/server\.ts imports \.\.\/config\.js: no arrow/,
    ],
    ['index.ts', "export type { Config } from './options.js';", /no arrow leads from index to config/],
    ['cli/main.ts', "import '../simulator/index.js';", /dynamically or not at all/],
    ['cli/main.ts', "import '../development-keys.js';", /no arrow leads from cli to development-keys/],
    ['gateway.ts', "import { startSimulator } from './simulator/index.js';", /dynamically or not at all/],
    ['gateway.ts', "export * from './simulator/index.js';", /dynamically or not at all/],
    ['gateway.ts', 'await import(name);', /as a literal/],
    ['simulator/index.ts', "import { AppError } from '../errors.js';", /no arrow leads from simulator to errors/],
    ['simulator/index.ts', "import type { App } from '../platforms/platform.js';", /no arrow/],
    ['users/identities.ts', "import '../sessions/session-rows.js';", /no arrow leads from users to sessions/],
    ['users/identities.ts', "import type { Row } from '../sessions/session-rows.js';", /no arrow/],
    [
      'users/identities.ts',
      "import { platforms } from '../platforms/platform.js';",
      /no arrow leads from users to platforms/,
    ],
    ['auth/log-in.ts', "export { schema } from '../graphql/schema.js';", /no arrow leads from auth to graphql/],
    ['auth/log-in.ts', "const late = await import('../http/server.js');", /no arrow leads from auth to http/],
    ['auth/log-in.ts', "type Server = import('../http/server.js').Server;", /no arrow leads from auth to http/],
    [
      'auth/log-in.ts',
      "const kysely = createRequire(import.meta.url)('kysely');",
      /only sql, users, sessions, audit may/,
    ],
    [
      'auth/log-in.ts',
      "const load = createRequire(import.meta.url);\nexport const pg = () => load('pg');",
      /only sql may/,
    ],
    ['lib/seal.ts', "import { log } from '../observe/log.js';", /no arrow leads from lib to observe/],
    ['sql/database.ts', "import '../../scripts/build.mjs';", /outside src/],
    ['wechat/phone-number.ts', "import { ofetch } from 'ofetch';", /only fetch-json may/],
    ['auth/log-in.ts', "import type { Kysely } from 'kysely';", /only sql, users, sessions, audit may/],
    ['users/identities.ts', "import Database from 'libsql/promise';", /only sql may/],
    ['gateway.ts', "import KeyvRedis from '@keyv/redis';", /only sessions may/],
    ['http/server.ts', 'const port = process.env.PORT;', /only config\.ts reads process\.env/],
    ['http/server.ts', "const port = process['env'].PORT;", /only config\.ts reads process\.env/],
    ['http/server.ts', 'const { env } = process;', /only config\.ts reads process\.env/],
    ['http/server.ts', "import { env } from 'node:process';", /only config\.ts reads process\.env/],
    ['lib/bytes.ts', 'export {};\n'.repeat(301), /longer than 300 lines/],
    ['lib/string-utils.ts', 'export {};', /the name says nothing/],
    ['helpers/bytes.ts', 'export {};', /helpers is no layer/],
  ];
  for (const [file, source, sentence] of refused) {
    test(`refuses in ${file}: ${source.slice(0, 80)}`, () => {
      expect(violations(file, source).join('\n')).toMatch(sentence);
    });
  }
});
