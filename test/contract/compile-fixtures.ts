import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TypeFixture } from './type-fixtures.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** As package.json names them. */
export type Compiler = 'typescript' | 'typescript-6' | 'typescript-5.9';

/** What tsc prints, and nothing thrown when it found something wrong. */
export async function runTsc(compiler: Compiler, ...args: string[]): Promise<string> {
  const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc');
  // Its threads would each check the same types again, and the other tests want the cores.
  const threads = compiler === 'typescript' ? ['--singleThreaded'] : [];
  try {
    return (await run(process.execPath, [tsc, '--pretty', 'false', ...threads, ...args], { timeout: 120_000 })).stdout;
  } catch (error) {
    const { stdout, code } = error as { stdout?: string; code?: unknown };
    if (typeof stdout === 'string' && stdout !== '' && typeof code === 'number') return stdout;
    throw error;
  }
}

/** What was built, and what it needs, as if they were in this folder. */
export function linkBuilt(folder: string): void {
  for (const name of ['dist', 'node_modules']) {
    // A junction needs no rights on Windows; elsewhere the type is ignored.
    symlinkSync(path.join(root, name), path.join(folder, name), 'junction');
  }
}

export interface CompiledFixtures {
  /** The compiler's numbers, in the order of the lines. */
  errorsOf(fixture: TypeFixture): string[];
  /** What it says of other files: the package's declarations, and those of what it imports. */
  readonly elsewhere: string[];
}

/**
 * Compiles the fixtures, each a module, in a folder that has @types/node.
 *
 * @param compilerOptions beside those that a strict consumer has
 */
export async function compileFixtures(
  fixtures: readonly TypeFixture[],
  folder: string,
  compiler: Compiler,
  compilerOptions: Readonly<Record<string, unknown>>,
): Promise<CompiledFixtures> {
  const files = fixtures.map((_, index) => `fixture-${index}.ts`);
  for (const [index, { source }] of fixtures.entries()) writeFileSync(path.join(folder, `fixture-${index}.ts`), source);
  const settings = {
    target: 'ES2023',
    lib: ['ES2023'],
    types: ['node'],
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    // Off, as a strict consumer has it: what we publish must stand by itself.
    skipLibCheck: false,
    noEmit: true,
    ...compilerOptions,
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings, files }));
  const errors = (await runTsc(compiler, '-p', folder)).split('\n').filter((line) => /error TS/.test(line));
  return {
    errorsOf: (fixture) => {
      const file = `fixture-${fixtures.indexOf(fixture)}.ts`;
      return errors.filter((line) => line.includes(`${file}(`)).map(numberOf);
    },
    elsewhere: errors.filter((line) => !/fixture-\d+\.ts\(/.test(line)),
  };
}

function numberOf(line: string): string {
  const number = /error (TS\d+)/.exec(line)?.[1] ?? '';
  // The same fault has another number where exactOptionalPropertyTypes is on.
  return number === 'TS2375' ? 'TS2322' : number;
}
