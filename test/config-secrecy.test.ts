import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { options } from '../src/config.js';
import { type Env, type Files, load, production } from './load-config.js';

describe('secrets stay', () => {
  // Shaped so that it cannot be a part of our own sentences by chance.
  const secret = fc.string({ unit: 'binary-ascii', minLength: 4, maxLength: 150 }).map((text) => `Zq9${text}`);
  const places: ((secret: string) => [Env, Files])[] = [
    ...Object.keys(options).flatMap((name) => [
      (value: string): [Env, Files] => [{ [name]: value }, {}],
      (value: string): [Env, Files] => [{ ...production, [name]: value }, {}],
      (value: string): [Env, Files] => [{ [`${name}_FILE`]: 'x' }, { x: value }],
      (value: string): [Env, Files] => [{ [`${name}_FILE`]: value }, {}],
      (value: string): [Env, Files] => [{ [`${name}_`]: value }, {}],
    ]),
    (value) => [{ DOCUMENTS: 'allow', DOCUMENTS_FILE: 'a' }, { a: value }],
    (value) => [{ DOCUMENTS: 'allow', DOCUMENTS_FILE: 'a' }, { a: JSON.stringify({ 'sha256:a': value }) }],
    (value) => [{ APPS_FILE: 'a' }, { a: value }],
    (value) => [{ APPS_FILE: 'a' }, { a: `[{"platform":"WECHAT","secret":"${value}"` }],
    (value) => [{ APPS_FILE: 'a' }, { a: JSON.stringify([{ [value]: 1 }]) }],
    (value) => [{ APPS_FILE: 'a' }, { a: JSON.stringify([value]) }],
    ...['platform', 'appid', 'secret', 'secretFile', 'tenant'].flatMap((field) => [
      (value: string): [Env, Files] => [{ APPS_FILE: 'a' }, { a: JSON.stringify([{ [field]: value }]) }],
      (value: string): [Env, Files] => [{ APPS_FILE: 'a' }, { a: JSON.stringify([{ [field]: [value, 1] }]) }],
    ]),
  ];

  test('no fault, warning or error shows a value, wherever it stands', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), (value, place) => {
        const shown = everythingShown(...place(value));
        expect(shown).not.toContain('Zq9');
      }),
      { numRuns: 1_000 },
    );
  });

  function everythingShown(env: Env, files: Files): string {
    try {
      return load(env, files).warnings.join('\n');
    } catch (error) {
      return `${inspect(error, { depth: null, showHidden: true })}\n${JSON.stringify(error)}`;
    }
  }
});
