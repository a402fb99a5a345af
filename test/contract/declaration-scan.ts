import path from 'node:path';
import { parseSync } from '@swc/core';
import { scanModule } from '../support/module-scan.js';

export interface DeclarationScan {
  /** All that is reached, relative to the folder of the first, with slashes. */
  readonly files: string[];
  /** The files that say `any` as a type, once for each time. */
  readonly anys: string[];
  /** What is imported from outside, each once. */
  readonly packages: string[];
}

/** Reads a declaration file and every one it reaches. */
export function scanDeclarations(entry: string, read: (file: string) => string): DeclarationScan {
  const files = new Set([entry]);
  const packages = new Set<string>();
  const anys: string[] = [];
  // A set hands out what is added while it is walked.
  for (const file of files) {
    const source = read(file);
    for (let count = countAny(source); count > 0; count -= 1) anys.push(file);
    for (const { specifier } of scanModule(source).imports) {
      if (specifier === null) continue;
      if (specifier.startsWith('.')) files.add(declarationOf(file, specifier));
      else packages.add(specifier);
    }
  }
  return { files: [...files], anys, packages: [...packages] };
}

function declarationOf(from: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.d.ts');
}

function countAny(source: string): number {
  return countAnyIn(parseSync(source, { syntax: 'typescript', target: 'es2022' }));
}

function countAnyIn(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const { type, kind } = node as { type?: unknown; kind?: unknown };
  if (type === 'TsKeywordType' && kind === 'any') return 1;
  return Object.values(node).reduce((sum: number, child) => sum + countAnyIn(child), 0);
}
