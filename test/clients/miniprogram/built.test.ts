import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTempDir, type TempDir } from '../../support/test-gateway.js';
import { loadBare } from './bare-realm.js';
import { buildClient, readBuilt, root } from './built.js';
import { createPhone } from './phone.js';
import { codeOfFailure, openPhoneScene, type PhoneScene } from './scene.js';

const MANY = 50;
const run = promisify(execFile);

let scene: PhoneScene;
let built: TempDir;
let lowered: TempDir;
let printed: string;

beforeAll(async () => {
  [built, lowered] = [makeTempDir(), makeTempDir()];
  scene = await openPhoneScene();
  printed = await buildClient(built.path);
  // Without async functions, whose promises are the language's own whatever Promise is.
  await buildClient(lowered.path, '--target', 'es2016');
}, 120_000);

afterAll(async () => {
  await scene?.close();
  for (const each of [built, lowered]) each?.remove();
});

describe('what is built', () => {
  test('has at most 6 KB, and says how many', () => {
    const bytes = Buffer.byteLength(readBuilt(built.path));
    expect(printed).toBe(`@menjin/miniprogram: ${bytes} of 6144 bytes\n`);
    expect(bytes).toBeLessThanOrEqual(6 * 1024);
  });

  test('is ES2018', async () => {
    const esCheck = path.join(root, 'node_modules', 'es-check', 'lib', 'cli', 'index.js');
    const file = path.join(built.path, 'index.js').replaceAll('\\', '/');
    await run(process.execPath, [esCheck, 'es2018', file], { cwd: root });
    await expect(run(process.execPath, [esCheck, 'es2016', file], { cwd: root })).rejects.toThrow();
  });

  test('exports by names that every loader sees', async () => {
    const names = ['MenjinError', 'createClient', 'createFetch', 'fromTaro', 'fromUni', 'fromWx'];
    const { href } = pathToFileURL(path.join(built.path, 'index.js'));
    const script = `import { ${names} } from '${href}'; console.log(typeof MenjinError, typeof fromUni);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('function function\n');
  });
});

describe.each([
  ['as it ships', () => built, false],
  ['with promises that are tasks', () => lowered, true],
])('a mini-program, %s', (_, folder, macrotasks) => {
  test('needs nothing but the language and two timers: one login for 50 requests, and one for a revoked token', async () => {
    const { createClient, fromWx } = loadBare(readBuilt(folder().path), { macrotasks });
    const phone = createPhone(() => scene.simulator.code('alice'));
    const client = createClient({ url: scene.url, platform: fromWx(phone.wx) });
    const ask = () => Promise.all(Array.from({ length: MANY }, () => client.request('{ viewer { openid } }')));
    expect(await ask()).toHaveLength(MANY);
    expect([phone.logins, phone.ofKind('login').length, phone.mostAtOnce]).toEqual([1, 1, 10]);
    await scene.gateway.logout(scene.tokenOn(phone));
    expect(await ask()).toHaveLength(MANY);
    expect([phone.logins, phone.ofKind('login').length]).toEqual([2, 2]);
    await client.logout();
    expect([...phone.storage]).toEqual([]);
  });

  test('starts anew after a login that failed', async () => {
    const { createClient, fromWx, MenjinError } = loadBare(readBuilt(folder().path), { macrotasks });
    const phone = createPhone(() => scene.simulator.code('alice'));
    const client = createClient({ url: scene.url, platform: fromWx(phone.wx) });
    phone.failLogin('login:fail');
    const failures = await Promise.all(Array.from({ length: MANY }, () => codeOfFailure(client.viewer())));
    expect(new Set(failures)).toEqual(new Set(['LOGIN_FAILED']));
    expect(await client.viewer().catch((error: unknown) => error)).toBeInstanceOf(MenjinError);
    expect(phone.logins).toBe(2);
    phone.failLogin(null);
    await client.viewer();
    expect(phone.logins).toBe(3);
  });

  test('misses what it does not have', () => {
    expect(() => loadBare('new URL("https://a.example")')).toThrow(/URL is not defined/);
    expect(() => loadBare('[[1]].flat()')).toThrow(/flat is not a function/);
    expect(() => loadBare('process.env')).toThrow(/process is not defined/);
  });
});
