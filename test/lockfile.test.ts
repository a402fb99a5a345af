import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Entry>>;

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const packages = (JSON.parse(text) as { packages: Packages }).packages;

describe('package-lock.json', () => {
  test('records no download address', () => {
    // A package of this repository is a link, and resolves to its folder.
    const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined && !entry.link);
    expect(resolved).toEqual([]);
    expect(text).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });

  test('has an entry for every optional dependency, so that npm ci works on every system', () => {
    expect(missingOptional(packages)).toEqual([]);
  });

  test("holds one copy of graphql: two do not recognise each other's schemas", () => {
    expect(copiesOf(packages, 'graphql')).toEqual(['node_modules/graphql']);
  });
});

describe('the check of optional dependencies', () => {
  const owner = { optionalDependencies: { 'bin-linux': '1.0.0' } };

  test('sees one that has no entry', () => {
    const lock = { '': {}, 'node_modules/tool': owner, 'node_modules/other/node_modules/bin-linux': {} };
    expect(missingOptional(lock)).toEqual(['node_modules/tool: bin-linux']);
  });

  test('finds an entry beside, below and above its owner', () => {
    for (const place of [
      'node_modules/a/node_modules/tool/node_modules/',
      'node_modules/a/node_modules/',
      'node_modules/',
    ]) {
      expect(missingOptional({ 'node_modules/a/node_modules/tool': owner, [`${place}bin-linux`]: {} })).toEqual([]);
    }
  });
});

function missingOptional(lock: Packages): string[] {
  return Object.entries(lock).flatMap(([owner, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !placesFor(owner, name).some((place) => place in lock))
      .map((name) => `${owner}: ${name}`),
  );
}

/** Where Node looks for `name` on behalf of `owner`, nearest first. */
function placesFor(owner: string, name: string): string[] {
  const parts = owner === '' ? [] : owner.split('/node_modules/');
  const owners = parts.map((_, index) => parts.slice(0, parts.length - index).join('/node_modules/'));
  return [...owners.map((each) => `${each}/node_modules/${name}`), `node_modules/${name}`];
}

function copiesOf(lock: Packages, name: string): string[] {
  return Object.keys(lock).filter(
    (place) => place === `node_modules/${name}` || place.endsWith(`/node_modules/${name}`),
  );
}
