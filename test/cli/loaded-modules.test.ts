import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGatewayProcess } from '../support/processes.js';

/** What a process notes of all that it loads, for when it ends. */
const noteLoaded = (file: string) => `
  import { writeFileSync } from 'node:fs';
  import { Session } from 'node:inspector';
  const scripts = [];
  const session = new Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => scripts.push(params.url));
  session.post('Debugger.enable');
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, JSON.stringify(scripts)));`;

const packageOf = (script: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(script)?.[1];

describe('a gateway in production on SQLite, which has answered a query', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-loaded-'));
  let scripts: readonly string[] = [];
  let packages: ReadonlySet<string | undefined> = new Set();

  beforeAll(async () => {
    const file = path.join(folder, 'loaded.json');
    const env = { NODE_ENV: 'production', DATA_DIR: folder, ADMIN_PORT: '0' };
    const gateway = await startGatewayProcess(env, { before: noteLoaded(file) });
    const { body } = await gateway.graphql('{ viewer { openid } }');
    expect(body).toEqual({ data: { viewer: null } });
    expect(await gateway.stop()).toBe(0);
    const noted: string[] = JSON.parse(readFileSync(file, 'utf8'));
    scripts = noted.map((script) => script.replaceAll('\\', '/'));
    packages = new Set(scripts.map(packageOf));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has loaded what it needs', () => {
    expect([...packages]).toEqual(expect.arrayContaining(['@apollo/server', 'fastify', 'graphql', 'kysely', 'libsql']));
  });

  for (const name of [
    ...['@redis/client', '@keyv/redis', 'pg', '@node-rs/argon2', '@zxcvbn-ts/language-common', 'altair-static'],
    ...['ofetch', 'rate-limiter-flexible', 'class-validator', '@apollo/usage-reporting-protobuf'],
  ]) {
    test(`has not loaded ${name}`, () => {
      expect(packages).not.toContain(name);
    });
  }

  test('has not loaded the simulator', () => {
    expect(scripts.filter((script) => /\/(dist|src)\/simulator\//.test(script))).toEqual([]);
  });

  test('has loaded the packages of most files as CommonJS, which takes less time and memory', () => {
    const asModules = /\/node_modules\/(kysely|@graphql-tools\/\w+|@apollo\/server)\/(dist\/)?esm\//;
    const few = /\/esm\/(plugin\/disabled\/index|internalPlugin)\.js$/;
    expect(scripts.filter((script) => asModules.test(script) && !few.test(script))).toEqual([]);
  });
});
