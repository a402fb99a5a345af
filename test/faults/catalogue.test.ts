import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { faultGroups } from './catalogue.js';
import { checkCatalogue } from './check-catalogue.js';
import type { FaultGroup } from './fault.js';

/** Of what is outside: the platform, Redis, SQLite, PostgreSQL, of the process itself, what clients send, sessions under races, passwords, and what WeChat does for apps. */
const NUMBERS = [
  ...range(1, 24),
  ...range(25, 49),
  ...range(50, 69),
  ...range(70, 98),
  ...range(99, 103),
  ...range(106, 110),
  ...range(111, 129),
];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function protocolSteps(): `P${number}`[] {
  const listed = faultGroups.flatMap((group) => group.faults.map(({ number }) => number));
  return listed.filter((number) => typeof number === 'string');
}

function readSource(file: string): string | null {
  try {
    return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

test('every fault stands in the catalogue once, with its test and a guard that can be turned off', () => {
  expect(checkCatalogue(faultGroups, [...NUMBERS, ...protocolSteps()], readSource)).toEqual([]);
});

test('every test of the session protocol stands in the catalogue, with each step that it misses', () => {
  const tests = protocolSteps().map((step) => Number(/^P(\d+)\.\d+$/.exec(step)?.[1]));
  expect([...new Set(tests)]).toEqual(range(1, 24));
});

describe('the check of the catalogue', () => {
  const good: FaultGroup = {
    faults: [
      { number: 1, fault: 'Fire.', guard: 'door', test: 'test/door.test.ts', title: 'keeps %s out' },
      { number: 2, fault: 'Water.', guard: 'door', test: 'test/door.test.ts', title: 'is dry' },
    ],
    guards: { door: { keeps: 'The room.', off: [{ file: 'src/door.ts', from: 'isShut: true', to: 'isShut: false' }] } },
  };
  const files: Readonly<Record<string, string>> = {
    'src/door.ts': 'const door = { isShut: true };',
    'src/two.ts': 'isShut: true, isShut: true',
    'test/door.test.ts': "test.each(['fire'])('keeps %s out', () => {}); test('is dry', () => {});",
    'test/two.test.ts': "test('is dry', () => {}); test('is dry', () => {});",
  };
  const [fire, water] = good.faults;
  const { door } = good.guards;
  const edit = { file: 'src/door.ts', from: 'isShut: true', to: 'isShut: false' };

  function check(...groups: FaultGroup[]): string[] {
    return checkCatalogue(groups, [1, 2], (file) => files[file] ?? null);
  }

  function withWater(change: object): FaultGroup {
    return { ...good, faults: [fire, { ...water, ...change }] as FaultGroup['faults'] };
  }

  function withEdit(change: object): FaultGroup {
    return { ...good, guards: { door: { keeps: '', off: [{ ...edit, ...change }] } } };
  }

  test('finds nothing wrong with a right one, in one group or in two', () => {
    expect(check(good)).toEqual([]);
    expect(
      check({ ...good, faults: [fire] as FaultGroup['faults'] }, { faults: [water], guards: {} } as FaultGroup),
    ).toEqual([]);
  });

  const wrong: readonly (readonly [title: string, groups: FaultGroup[], sentences: string[]])[] = [
    ['a missing number', [withWater({ number: 1 })], ['2 is missing', '1 stands more than once']],
    ['a number in two groups', [good, { ...good, guards: {} }], ['1 stands more than once', '2 stands more than once']],
    ['a number that is none', [withWater({ number: 3 })], ['2 is missing', '3 is no number of the catalogue']],
    ['an unknown guard', [withWater({ guard: 'wall' })], ['2: no guard wall']],
    ['a missing test file', [withWater({ test: 'test/no.test.ts' })], ['2: there is no test/no.test.ts']],
    ['a changed title', [withWater({ title: 'was dry' })], ['2: its title stands 0 times in test/door.test.ts']],
    ['a part of a title', [withWater({ title: 'is' })], ['2: its title stands 0 times in test/door.test.ts']],
    [
      'a title of two tests',
      [withWater({ test: 'test/two.test.ts' })],
      ['2: its title stands 2 times in test/two.test.ts'],
    ],
    [
      'a guard of nothing',
      [{ ...good, guards: { ...good.guards, wall: door } } as FaultGroup],
      ['wall guards nothing'],
    ],
    ['a guard of two groups', [good, { ...good, faults: [] }], ['door is the name of two guards']],
    [
      'a name of two words',
      [
        {
          faults: good.faults.map((fault) => ({ ...fault, guard: 'a door' })),
          guards: { 'a door': door },
        } as FaultGroup,
      ],
      ['a door cannot be typed as one word'],
    ],
    ['a guard that stays', [{ ...good, guards: { door: { keeps: '', off: [] } } }], ['door cannot be turned off']],
    ['a missing source file', [withEdit({ file: 'src/no.ts' })], ['door: there is no src/no.ts in src/']],
    [
      'a file outside src/',
      [withEdit({ file: 'test/door.test.ts', from: 'is dry' })],
      ['door: there is no test/door.test.ts in src/'],
    ],
    ['a stale text', [withEdit({ from: 'isOpen' })], ['door: what it replaces stands 0 times in src/door.ts']],
    ['an unclear text', [withEdit({ file: 'src/two.ts' })], ['door: what it replaces stands 2 times in src/two.ts']],
    ['a change of nothing', [withEdit({ to: 'isShut: true' })], ['door: it changes nothing in src/door.ts']],
  ];

  test.each(wrong)('finds %s', (_title, groups, sentences) => {
    expect(check(...groups)).toEqual(sentences);
  });
});
