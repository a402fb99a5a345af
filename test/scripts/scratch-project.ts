import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A fresh clone in small: this project's scripts, one source file, and an npm, a compiler and a jest that stand in for the
 * real ones and note each call in `calls`.
 */
export interface ScratchProject {
  readonly root: string;
  /** What the stand-ins were asked for, in order. */
  calls(): string[];
  write(file: string, text: string): void;
  exists(file: string): boolean;
  read(file: string): string;
  remove(file: string): void;
  start(script: string, args?: string[], env?: NodeJS.ProcessEnv): ChildProcess;
  run(script: string, args?: string[], env?: NodeJS.ProcessEnv): Promise<Finished>;
  close(): void;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function createScratchProject(): ScratchProject {
  const root = mkdtempSync(path.join(tmpdir(), 'menjin-scratch-'));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const start = (script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
    spawn(process.execPath, [path.join(root, 'scripts', script), ...args], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        SystemRoot: process.env.SystemRoot,
        npm_execpath: path.join(root, 'npm-cli.js'),
        ...env,
      },
    });

  cpSync(fileURLToPath(new URL('../../scripts/', import.meta.url)), path.join(root, 'scripts'), { recursive: true });
  for (const [file, text] of Object.entries(firstFiles)) write(file, text);
  return {
    root,
    calls: () =>
      existsSync(path.join(root, 'calls')) ? readFileSync(path.join(root, 'calls'), 'utf8').trim().split('\n') : [],
    write,
    exists: (file) => existsSync(path.join(root, file)),
    read: (file) => readFileSync(path.join(root, file), 'utf8'),
    remove: (file) => rmSync(path.join(root, file), { recursive: true, force: true }),
    start,
    run: (script, args, env) => finished(start(script, args, env)),
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export async function finished(child: ChildProcess): Promise<Finished> {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

export const lockFile = (version: string) =>
  JSON.stringify({
    packages: {
      '': {},
      'node_modules/runtime': { version: '1.0.0' },
      'node_modules/typescript': { version, dev: true },
      'node_modules/bin-elsewhere': { version: '1.0.0', optional: true, os: ['elsewhere'] },
    },
  });

// Two writers at once would spoil each other, as with the real ones: each refuses to begin while another works.
const exclusively = `
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export async function exclusively(name, work) {
  fs.appendFileSync('calls', name + '\\n');
  fs.mkdirSync(name + '-busy');
  await sleep(Number(process.env.SLOW_MS ?? 20));
  if (process.env.FAILS === name.split(' ')[0]) { console.error('line one\\n' + name + ' says no'); process.exit(1); }
  work();
  fs.rmdirSync(name + '-busy');
}`;

const npm = `
import fs from 'node:fs';
import { exclusively } from './exclusively.mjs';
const args = process.argv.slice(2);
await exclusively('npm ' + args[0], () => {
  fs.rmSync('node_modules', { recursive: true, force: true });
  fs.cpSync('registry', 'node_modules', { recursive: true });
  const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
  const kept = Object.entries(packages).filter(([name, entry]) => name && !entry.os);
  fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(kept) }));
});`;

const compiler = `
import fs from 'node:fs';
import { exclusively } from '../../../exclusively.mjs';
await exclusively('tsc ' + process.argv[3], () => {
  for (const name of fs.readdirSync('src', { recursive: true }).filter((each) => each.endsWith('.ts'))) {
    fs.mkdirSync(new URL('../../../dist/' + name + '/..', import.meta.url), { recursive: true });
    fs.copyFileSync('src/' + name, 'dist/' + name.replace(/ts$/, 'js'));
  }
});`;

const jest = `
import fs from 'node:fs';
const file = process.argv.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);
fs.appendFileSync('calls', 'jest ' + process.argv.slice(2).filter((arg) => !/^--(outputFile|cacheDirectory)=/.test(arg)).join(' ') + ' SOAK=' + process.env.SOAK + '\\n');
console.error(process.env.JEST_SAYS ?? 'what jest says');
if (process.env.JEST_LEAVES) fs.writeFileSync(process.env.JEST_LEAVES, process.env.TMPDIR);
if (process.env.JEST_RESULT) fs.writeFileSync(file, process.env.JEST_RESULT);
if (process.env.JEST_MISSING) fs.appendFileSync(process.env.MISSING_SERVICES_FILE, process.env.JEST_MISSING);
process.exit(Number(process.env.JEST_EXIT ?? 0));`;

const firstFiles: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'package-lock.json': lockFile('1.0.0'),
  'tsconfig.build.json': '{}',
  'exclusively.mjs': exclusively,
  'npm-cli.js': npm,
  'registry/typescript/bin/tsc': compiler,
  'registry/typescript/package.json': '{ "type": "module" }',
  'registry/jest/bin/jest.js': jest,
  'registry/jest/package.json': '{ "type": "module" }',
  'src/cli/main.ts': "console.log('serving', ...process.argv.slice(2));\n",
};
