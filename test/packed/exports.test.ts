import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { menjin, project, root, runNode } from './sandbox.js';

const modules = ['menjin', 'menjin/simulator', 'menjin/testing'];

describe('the exports of the package', () => {
  test('are three entries, the schema and package.json', async () => {
    const names = [...modules, 'menjin/schema.graphql', 'menjin/package.json'];
    const script = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => import.meta.resolve(name))))`;
    const { stdout } = await runNode(project, ['--input-type=module', '--eval', script]);
    const targets = [
      'dist/index.js',
      'dist/simulator/index.js',
      'dist/testing/index.js',
      'schema.graphql',
      'package.json',
    ];
    expect(JSON.parse(stdout)).toEqual(targets.map((target) => pathToFileURL(path.join(menjin, target)).href));
    // A name resolves to a file that is not there, too.
    expect(targets.filter((target) => !existsSync(path.join(menjin, target)))).toEqual([]);
  });

  test.each(modules)('%s is imported, and the process ends by itself', async (name) => {
    const script = `console.log(Object.keys(await import('${name}')).length > 0)`;
    expect(await runNode(project, ['--input-type=module', '--eval', script])).toEqual({ stdout: 'true\n', stderr: '' });
  });

  test('keep everything else inside', async () => {
    const script = `await import('menjin/dist/gateway.js')`;
    await expect(runNode(project, ['--input-type=module', '--eval', script])).rejects.toMatchObject({
      stderr: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED'),
    });
  });

  test('the command of the package is there', async () => {
    const { bin } = JSON.parse(readFileSync(path.join(menjin, 'package.json'), 'utf8')) as { bin: { menjin: string } };
    const { stdout } = await runNode(project, [path.join(menjin, bin.menjin), '--help']);
    expect(stdout).toContain('menjin');
    expect(readFileSync(path.join(menjin, bin.menjin), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe('the package', () => {
  test('has no fault that publint knows', async () => {
    const { messages } = await publint({ pkgDir: menjin, level: 'suggestion', strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test('has types where its modules are, for every way of importing them', async () => {
    const { filename } = JSON.parse(readFileSync(path.join(project, 'pack.json'), 'utf8')) as { filename: string };
    const cli = path.join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
    const args = [
      ...[cli, path.join(project, filename), '--format', 'json', '--no-definitely-typed'],
      // As with every package of ES modules: nobody resolves as Node 10 did, and require() is not known to the checker.
      ...['--profile', 'esm-only', '--exclude-entrypoints', './schema.graphql'],
    ];
    // It fails when something is wrong.
    const options = { cwd: project, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    const { analysis } = JSON.parse(stdout) as { analysis: { types: unknown; entrypoints: Record<string, unknown> } };
    expect(analysis.types).toEqual({ kind: 'included' });
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(['.', './package.json', './simulator', './testing']);
  });
});
