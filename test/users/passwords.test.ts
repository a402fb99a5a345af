import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createArgon2Hasher, needsRehash } from '../../src/users/password-hasher.js';
import { createPasswords, type Passwords } from '../../src/users/passwords.js';
import { parseUsername } from '../../src/users/username.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { scanModule } from '../support/module-scan.js';
import { rounds } from '../support/rounds.js';

describe('a new password', () => {
  const { check } = createPasswords(createFastHasher());
  const outcome = (password: string, username = 'alice') =>
    check(password, username).then(
      () => 'good',
      (error) => error.reason ?? error.code,
    );

  test.each([
    ['7 characters', 'x2$ömQz', 'TOO_SHORT'],
    ['8 characters', 'x2$ömQzü', 'good'],
    ['8 characters outside the BMP', '𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷', 'good'],
    ['7 of them, in 14 units', '𠮷𠮷𠮷𠮷𠮷𠮷𠮷', 'TOO_SHORT'],
    ['8 characters typed as 16', 'e\u0301'.repeat(8), 'good'],
    ['7 characters typed as 14', 'e\u0301'.repeat(7), 'TOO_SHORT'],
    ['1024 characters', 'ab'.repeat(512), 'good'],
    ['1024 characters typed as 4096', 'α\u0313\u0300\u0345'.repeat(1024), 'good'],
    ['1025 characters', `${'ab'.repeat(512)}c`, 'TOO_LONG'],
    ['1 MB', 'x'.repeat(1024 * 1024), 'TOO_LONG'],
    ['spaces only, if they are many', ' '.repeat(12), 'good'],
    ['one that everybody tries', 'password1', 'COMMON'],
    ['the same in another case', 'PassWord1', 'COMMON'],
    ['the username', 'alice.2024', 'COMMON', 'alice.2024'],
    ['the username in another case', 'Alice.2024', 'COMMON', 'alice.2024'],
    ['half of a surrogate pair', 'abcdefgh\ud800', 'BAD_USER_INPUT'],
  ])('of %s', async (_, password, expected, username = 'alice') => {
    expect(await outcome(password, username)).toBe(expected);
  });
});

describe('a password that is compared', () => {
  const { hash, verify } = createPasswords();

  /** Whether the second opens what the first was chosen for. */
  async function opens(chosen: string, given: string): Promise<boolean> {
    return verify(given, await hash(chosen));
  }

  test.each([
    ['the same', 'correct horse', 'correct horse', true],
    ['another case', 'correct horse', 'Correct horse', false],
    ['a space more', 'correct horse', 'correct horse ', false],
    ['the 73rd byte', `${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`, false],
    ['the 1024th character', `${'é'.repeat(1023)}a`, `${'é'.repeat(1023)}b`, false],
    ['what comes after a NUL', 'before\0after', 'before\0other', false],
    ['a NUL and nothing after it', 'before it', 'before it\0', false],
    ['the same letters, composed or not', 'crème brûlée', 'crème brûlée'.normalize('NFD'), true],
    ['letters that only look the same', 'paypal12', 'pаypal12', false],
    ['1 MB that begins alike', 'x'.repeat(1024), 'x'.repeat(1024 * 1024), false],
    ['half of a surrogate pair for what stands for it', 'abcdefgh\ufffd', 'abcdefgh\ud800', false],
  ])('differs or not by %s', async (_, chosen, given, expected) => {
    expect(await opens(chosen, given)).toBe(expected);
  });

  test('is told from every other text, and not from other spellings of the same', async () => {
    const passwords = createPasswords(createFastHasher());
    const changes: readonly ((text: string) => string)[] = [
      (text) => text.normalize('NFD'),
      (text) => text.normalize('NFKC'),
      (text) => text.toUpperCase(),
      (text) => text.slice(0, -1),
      (text) => `${text}\0`,
      (text) => text.trim(),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom(...changes),
        async (chosen, change) => {
          const given = change(chosen);
          const isSame = chosen.normalize('NFC') === given.normalize('NFC') && !/\p{Surrogate}/u.test(given);
          expect(await passwords.verify(given, await passwords.hash(chosen))).toBe(isSame);
        },
      ),
      { numRuns: rounds(60, 5000) },
    );
  });

  test('has a salt of its own', async () => {
    expect(await hash('correct horse')).not.toBe(await hash('correct horse'));
  });
});

describe('a hash', () => {
  test.each([
    ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', false],
    ['$argon2id$v=19$m=47104,t=3,p=1$c2FsdA$aGFzaA', false],
    ['$argon2id$v=19$m=19455,t=2,p=1$c2FsdA$aGFzaA', true],
    ['$argon2id$v=19$m=19456,t=1,p=1$c2FsdA$aGFzaA', true],
    ['$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$aGFzaA', true],
    ['$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', true],
    ['$2b$10$abcdefghijklmnopqrstuv', true],
  ])('%s is renewed: %s', (hash, expected) => {
    expect(needsRehash(hash)).toBe(expected);
  });

  test('that is new is not renewed', async () => {
    expect(needsRehash(await createArgon2Hasher().hash('correct horse'))).toBe(false);
  });

  test('is compared once, whether it is there or not, and whatever is compared with it', async () => {
    const hasher = createFastHasher();
    const passwords = createPasswords(hasher);
    const hash = await passwords.hash('correct horse');
    for (const [given, of] of [
      ['correct horse', hash],
      ['another horse', hash],
      ['correct horse', null],
      ['x'.repeat(5000), hash],
      ['x'.repeat(5000), null],
      ['abcdefgh\ud800', hash],
      ['', null],
    ] as const) {
      const before = hasher.calls.verify;
      expect(await passwords.verify(given, of)).toBe(given === 'correct horse' && of === hash);
      expect(hasher.calls.verify - before).toBe(1);
    }
    // The one that was asked for, and nobody's.
    expect(hasher.calls.hash).toBe(2);
  });
});

describe('many passwords at once', () => {
  let letGo: () => void;
  let passwords: Passwords;
  let underWay: number;
  let begun: number;

  async function held<T>(work: () => Promise<T>): Promise<T> {
    begun += 1;
    underWay += 1;
    expect(underWay).toBeLessThanOrEqual(2);
    await released;
    underWay -= 1;
    return work();
  }
  let released: Promise<void>;

  function start(): void {
    [underWay, begun] = [0, 0];
    released = new Promise((resolve) => {
      letGo = resolve;
    });
    const fast = createFastHasher();
    const verify = (password: string, hash: string) => held(() => fast.verify(password, hash));
    passwords = createPasswords({ hash: fast.hash, verify }, 2);
  }

  afterEach(() => {
    jest.useRealTimers();
  });

  const codeOf = (tried: Promise<boolean>) =>
    tried.then(
      () => 'judged',
      (error) => error.code,
    );

  test('have two slots and 64 places to wait; the others are RATE_LIMITED at once and never hashed', async () => {
    start();
    const tries = Array.from({ length: 1000 }, () => codeOf(passwords.verify('correct horse', null)));
    const refused = await Promise.all(tries.slice(66));
    expect(new Set(refused)).toEqual(new Set(['RATE_LIMITED']));
    letGo();
    expect(new Set(await Promise.all(tries.slice(0, 66)))).toEqual(new Set(['judged']));
    expect(begun).toBe(66);
    expect(await codeOf(passwords.verify('correct horse', null))).toBe('judged');
  });

  test('wait 4 s at most, and are told when to come again; who gave up is never hashed', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    start();
    const [, , late] = [1, 2, 3].map(() => passwords.verify('correct horse', null));
    const refused = expect(late).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 4 });
    await jest.advanceTimersByTimeAsync(4000);
    await refused;
    letGo();
    expect(await codeOf(passwords.verify('correct horse', null))).toBe('judged');
    expect(begun).toBe(3);
  });
});

describe('a username', () => {
  test.each([
    ['abc', 'abc'],
    ['Alice', 'alice'],
    ['a.b-c_9', 'a.b-c_9'],
    ['x'.repeat(32), 'x'.repeat(32)],
  ])('%s is %s', (typed, username) => {
    expect(parseUsername(typed)).toBe(username);
  });

  test.each(
    [
      ['', 'ab', 'x'.repeat(33), 'a b', 'alice\n', 'älice', '爱丽丝'],
      // Its lower case is an ASCII k.
      ['\u212Aelvin'],
    ].flat(),
  )('%j is none', (typed) => {
    expect(() => parseUsername(typed)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('what passwords need', () => {
  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  let imports: { specifier: string | null; kind: string }[];
  beforeAll(() => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    imports = files.flatMap((name) => [...scanModule(readFileSync(join(src, name), 'utf8')).imports]);
  });

  test.each(['@node-rs/argon2', '@zxcvbn-ts/language-common'])('%s is loaded when it is asked for only', (name) => {
    const kinds = imports.filter(({ specifier }) => specifier === name).map(({ kind }) => kind);
    expect(kinds).toEqual(['dynamic']);
  });
});
