import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { DataDirError, loadDevelopmentKeys } from '../src/development-keys.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'menjin-keys-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const key = Buffer.alloc(32, 7).toString('base64');

describe('the development keys', () => {
  test('are one new key of 32 bytes, the same at every start', () => {
    const dataDir = join(home, 'a', 'data');
    const [made, ...more] = loadDevelopmentKeys(dataDir);
    expect(more).toEqual([]);
    expect(made).toHaveLength(32);
    expect(loadDevelopmentKeys(dataDir)).toEqual([made]);
    expect(loadDevelopmentKeys(join(home, 'b'))).not.toEqual([made]);
    expect(readdirSync(dataDir)).toEqual(['secret-keys']);
  });

  // Windows has no such modes: there the folder is as private as the one around it.
  (process.platform === 'win32' ? test.skip : test)('can be read by their owner only', () => {
    const dataDir = join(home, 'data');
    loadDevelopmentKeys(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'secret-keys')).mode & 0o777).toBe(0o600);
  });

  test('may be a list that a person wrote', () => {
    const other = Buffer.alloc(32, 8).toString('base64url');
    writeFileSync(join(home, 'secret-keys'), `${other}, ${key}\r\n`);
    expect(loadDevelopmentKeys(home).map((bytes) => bytes[0])).toEqual([8, 7]);
  });

  test.each([
    ['', 'nothing'],
    [key.slice(0, 20), 'half a key'],
    [`${key}${key}`, 'two keys in one'],
  ])('are refused, not replaced and not shown, when the file holds %j', (text) => {
    writeFileSync(join(home, 'secret-keys'), text);
    const message = messageOf(() => loadDevelopmentKeys(home));
    expect(message).toMatch(/^secret-keys in DATA_DIR .*delete it/);
    if (text !== '') expect(message).not.toContain(text);
    expect(statSync(join(home, 'secret-keys')).size).toBe(text.length);
  });

  test('say in one sentence that DATA_DIR cannot be used', () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    mkdirSync(join(home, 'odd', 'secret-keys'), { recursive: true });
    for (const dataDir of [file, join(file, 'deeper'), join(home, 'odd')]) {
      expect(messageOf(() => loadDevelopmentKeys(dataDir))).toMatch(
        /^DATA_DIR must be a folder [^\n]* \([A-Z]+\): [^\n]*$/,
      );
    }
  });

  test('are the same in two processes that start at once', async () => {
    const main = writeLoader();
    const processes = [startLoader(main), startLoader(main)];
    try {
      await Promise.all(processes.map(({ answer }) => answer()));
      for (let round = 0; round < 40; round += 1) {
        const dataDir = join(home, `race-${round}`);
        const answers = processes.map(({ answer }) => answer());
        for (const { child } of processes) child.send(dataDir);
        const [one, other] = await Promise.all(answers);
        expect(one).toMatch(/^[A-Za-z0-9+/]{43}=$/);
        expect(other).toBe(one);
        expect(readdirSync(dataDir)).toEqual(['secret-keys']);
      }
    } finally {
      for (const { child } of processes) child.kill();
    }
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DataDirError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

interface Loader {
  child: ChildProcess;
  /** The next message; rejects when the process dies first. */
  answer(): Promise<unknown>;
}

/** The program of a process that answers each folder with the key it loaded from there. */
function writeLoader(): string {
  const built = join(home, 'built');
  mkdirSync(join(built, 'lib'), { recursive: true });
  writeFileSync(join(built, 'package.json'), '{ "type": "module" }');
  const files = ['development-keys.ts', ...readdirSync('src/lib').map((name) => `lib/${name}`)];
  for (const file of files) {
    const { code } = transformFileSync(`src/${file}`, {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    writeFileSync(join(built, file.replace(/ts$/, 'js')), code);
  }
  const main = join(built, 'main.js');
  writeFileSync(
    main,
    `import { loadDevelopmentKeys } from './development-keys.js';
     const load = (folder) => loadDevelopmentKeys(folder).map((key) => Buffer.from(key).toString('base64')).join();
     process.on('message', (folder) => {
       try { process.send(load(folder)); } catch (error) { process.send(String(error)); }
     });
     process.send('ready');`,
  );
  return main;
}

function startLoader(main: string): Loader {
  const child = fork(main, { execArgv: [] });
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the process died')));
  died.catch(() => undefined);
  return { child, answer: () => Promise.race([nextMessage(child), died]) };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve));
}
