import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createScratchProject, finished, lockFile, type ScratchProject } from './scratch-project.js';

let project: ScratchProject;
beforeEach(() => {
  project = createScratchProject();
});
afterEach(() => project.close());

const installAndBuild = ['npm ci', 'tsc tsconfig.build.json'];

describe('npm start', () => {
  test('installs, builds and serves from a fresh clone, with one sentence for each', async () => {
    const { code, stdout, stderr } = await project.run('start.mjs', ['--port', '1']);
    expect(stdout).toBe('serving start --port 1\n');
    expect(stderr).toMatch(/^Installing [^\n]+\nBuilding [^\n]+\n$/);
    expect(code).toBe(0);
    expect(project.calls()).toEqual(installAndBuild);
  });

  test('does only what is missing or stale', async () => {
    await project.run('start.mjs');
    expect(await project.run('start.mjs')).toEqual({ code: 0, stdout: 'serving start\n', stderr: '' });
    expect(project.calls()).toEqual(installAndBuild);

    project.write('src/cli/main.ts', "console.log('changed');\n");
    expect((await project.run('start.mjs')).stdout).toBe('changed\n');
    expect(project.calls().slice(2)).toEqual(['tsc tsconfig.build.json']);

    project.write('package-lock.json', lockFile('2.0.0'));
    await project.run('start.mjs');
    expect(project.calls().slice(3)).toEqual(installAndBuild);
  });

  test('builds again when a source file was removed, and removes what it had become', async () => {
    project.write('src/old.ts', 'export {};\n');
    await project.run('start.mjs');
    expect(project.exists('dist/old.js')).toBe(true);
    project.remove('src/old.ts');
    await project.run('start.mjs');
    expect(project.exists('dist/old.js')).toBe(false);
    expect(project.exists('dist/cli/main.js')).toBe(true);
  });

  test('takes the files that the code reads from beside itself, as they are now, and no others', async () => {
    project.write('src/pages/assets/page.js', 'first');
    project.write('src/pages/assets/icons/door.svg', '<svg/>');
    await project.run('start.mjs');
    expect(project.read('dist/pages/assets/page.js')).toBe('first');
    expect(project.read('dist/pages/assets/icons/door.svg')).toBe('<svg/>');

    project.write('src/pages/assets/page.js', 'second');
    project.remove('src/pages/assets/icons');
    await project.run('start.mjs');
    expect(project.read('dist/pages/assets/page.js')).toBe('second');
    expect(project.exists('dist/pages/assets/icons')).toBe(false);

    project.remove('src/pages');
    await project.run('start.mjs');
    expect(project.exists('dist/pages/assets/page.js')).toBe(false);
    expect(project.exists('dist/cli/main.js')).toBe(true);
  });

  test('installs again what another system has installed', async () => {
    await project.run('start.mjs');
    const note = {
      'node_modules/runtime': { version: '1.0.0', os: ['elsewhere'] },
      'node_modules/typescript': { version: '1.0.0' },
    };
    project.write('node_modules/.package-lock.json', JSON.stringify({ packages: note }));
    await project.run('start.mjs');
    expect(project.calls().slice(2)).toEqual(['npm ci']);
  });

  test.each([
    ['npm', /npm ci says no\nnpm ci failed\./],
    ['tsc', /tsc tsconfig\.build\.json says no\nThe build failed/],
  ])('ends with the last lines and one sentence when %s fails, and is whole the next time', async (name, sentence) => {
    const failed = await project.run('start.mjs', [], { FAILS: name });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe('');
    expect(failed.stderr).toMatch(sentence);
    expect(failed.stderr).not.toMatch(/ at .*:\d+:\d+/);

    project.remove('npm ci-busy');
    project.remove('tsc tsconfig.build.json-busy');
    expect((await project.run('start.mjs')).stdout).toBe('serving start\n');
  });

  test('two at once on a fresh clone install and build once, and both serve', async () => {
    const both = await Promise.all([1, 2].map(() => project.run('start.mjs', [], { SLOW_MS: '300' })));
    expect(both.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      Array(2).fill({ code: 0, stdout: 'serving start\n' }),
    );
    expect(project.calls()).toEqual(installAndBuild);
    expect(project.exists('dist/.lock')).toBe(false);
  });

  test.each([
    ['of a process that is gone', { host: 'here', pids: [] }, 0],
    ['that nobody has touched for minutes', { host: 'another machine', pids: [1] }, 5],
  ])('takes over a lock %s', async (_, note, ageMinutes) => {
    const host = note.host === 'here' ? hostname() : note.host;
    project.write('dist/.lock/note.json', JSON.stringify({ ...note, host }));
    const touchedAt = new Date(Date.now() - ageMinutes * 60_000);
    utimesSync(path.join(project.root, 'dist/.lock/note.json'), touchedAt, touchedAt);
    expect((await project.run('start.mjs')).stdout).toBe('serving start\n');
    expect(project.exists('dist/.lock')).toBe(false);
  });

  test('waits while another process holds the lock', async () => {
    project.write('dist/.lock/note.json', JSON.stringify({ host: hostname(), pids: [process.pid] }));
    const child = project.start('start.mjs');
    const end = finished(child);
    await once(child.stderr ?? child, 'data');
    expect(project.calls()).toEqual([]);
    project.remove('dist/.lock');
    expect(await end).toMatchObject({
      code: 0,
      stdout: 'serving start\n',
      stderr: expect.stringMatching(/^Waiting for another/),
    });
  });

  test('in production says which commands to run and does none of it', async () => {
    const refused = await project.run('start.mjs', [], { NODE_ENV: 'production' });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /npm ci --include=dev --ignore-scripts && npm run build && npm prune --omit=dev --ignore-scripts\n$/,
    );
    expect(project.calls()).toEqual([]);
  });

  test('believes a .env that says production', async () => {
    project.write('.env', 'NODE_ENV=production\n');
    expect((await project.run('start.mjs')).code).toBe(1);
    expect(project.calls()).toEqual([]);
  });

  test('in production serves without development packages, whatever the times of the files say', async () => {
    await project.run('start.mjs');
    project.write(
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/runtime': { version: '1.0.0' } } }),
    );
    project.write('src/cli/main.ts', "console.log('newer');\n");
    const { code, stdout } = await project.run('start.mjs', [], { NODE_ENV: 'production' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'serving start\n' });
    expect(project.calls()).toEqual(installAndBuild);
  });

  test('names the Node it needs when this one is too old', async () => {
    const old = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.8'})`;
    const older = old.replace(
      'process.versions,',
      "process,'versions',{value:{...process.versions}});Object.defineProperty(process.versions,",
    );
    const { code, stderr } = await project.run('start.mjs', [], { NODE_OPTIONS: `--import=${older}` });
    expect(stderr).toBe('menjin needs Node.js 20.19 or newer; this is 18.20.8. Get one from https://nodejs.org.\n');
    expect(code).toBe(1);
    expect(project.calls()).toEqual([]);
  });
});

test('npm run build builds even what is fresh', async () => {
  await project.run('start.mjs');
  expect((await project.run('build.mjs')).code).toBe(0);
  expect(project.calls().slice(2)).toEqual(['tsc tsconfig.build.json']);
});

// Windows ends a process at once, whatever the signal.
(process.platform === 'win32' ? describe.skip : describe)('npm start, stopped while it installs', () => {
  test('ends the installation first', async () => {
    const child = project.start('start.mjs', [], { SLOW_MS: '60000' });
    const end = finished(child);
    await untilCalled('npm ci');
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 143, stderr: expect.stringMatching(/Stopped by SIGTERM\.\n$/) });
    project.remove('npm ci-busy');
    expect((await project.run('start.mjs')).stdout).toBe('serving start\n');
  });
});

async function untilCalled(name: string): Promise<void> {
  while (!project.calls().includes(name)) await sleep(10);
}
