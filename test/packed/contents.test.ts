import { readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { menjin, project, root } from './sandbox.js';

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const packed = JSON.parse(readFileSync(path.join(project, 'pack.json'), 'utf8')) as Packed;
const files = packed.files.map((file) => file.path).sort();

const documents = ['CHANGELOG.md', 'README.md', 'README.zh-CN.md', 'SECURITY.md', ...listed('docs', '.md')];
const others = ['LICENSE', 'package.json', 'schema.graphql'];
/** For whom has the repository: pictures, examples, how to contribute. */
const ofTheRepository = /^(?:CONTRIBUTING\.md|docs\/images\/.+|examples\/.+)$/;

function listed(folder: string, extension: string): string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(extension)).map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

function textOf(file: string): string {
  return readFileSync(path.join(menjin, file), 'utf8');
}

/** Of the code and what is written beside it: what a source makes, and the assets. */
function expectedInDist(): string[] {
  return listed('src', '').flatMap((name) => {
    const made = name.replace(/^src\//, 'dist/');
    if (/\/assets\/.+\.\w+$/.test(name)) return [made];
    if (!name.endsWith('.ts')) return [];
    return [made.replace(/\.ts$/, '.js'), made.replace(/\.ts$/, '.d.ts')];
  });
}

describe('what npm pack makes', () => {
  test('holds the build, the schema and the documents of a user, and nothing else', () => {
    expect(files).toEqual([...expectedInDist(), ...documents, ...others].sort());
  });

  test('is what was unpacked here', () => {
    const unpacked = readdirSync(menjin, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(menjin, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
    expect(unpacked.sort()).toEqual(files);
  });

  test('is small', () => {
    console.log(
      `${files.length} files, ${Math.ceil(packed.size / 1024)} KB packed, ${Math.ceil(packed.unpackedSize / 1024)} KB`,
    );
    expect(packed.size).toBeLessThan(440 * 1024);
    expect(packed.unpackedSize).toBeLessThan(1400 * 1024);
  });

  test('names no folder of this machine', () => {
    const folders = [root, project, homedir(), tmpdir()].filter((folder) => folder.length > 1);
    const told = files.filter((file) => folders.some((folder) => textOf(file).includes(folder)));
    expect(told.filter((file) => !mentionsTemp(file))).toEqual([]);
  });

  test('points to no map of sources that is not there', () => {
    expect(files.filter((file) => /\.(?:js|ts)$/.test(file) && textOf(file).includes('sourceMappingURL'))).toEqual([]);
  });

  test('links to what it holds, and to little else', () => {
    const links = documents.flatMap((document) => linksOf(document));
    expect(links.filter((target) => !files.includes(target) && !ofTheRepository.test(target))).toEqual([]);
    // A list that nothing needs any more would hide the next dead link.
    expect(links.some((target) => ofTheRepository.test(target))).toBe(true);
  });
});

/** Prose may speak of /tmp. */
function mentionsTemp(file: string): boolean {
  return documents.includes(file) && ![root, project, homedir()].some((folder) => textOf(file).includes(folder));
}

/** Relative ones, as paths in the package. */
function linksOf(document: string): string[] {
  const targets = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => path.posix.join(path.posix.dirname(document), target.replace(/#.*$/, '')));
}
