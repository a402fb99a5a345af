import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { asking, expectFast, expectRefused, expectSame, fastWayScene, prepare } from '../support/fast-way-scene.js';
import { createRandom, generateQuery } from '../support/generated-queries.js';
import { rounds } from '../support/rounds.js';

const scene = fastWayScene();

describe('a prepared query is answered as Fastify and Apollo Server answer it, byte for byte', () => {
  const VIEWER =
    '{ viewer { openid unionid appid platform tenant user { id createdAt identities { id openid } } session { id lastSeenAt expiresAt current } } }';
  const examples = ['accounts/operations.graphql', 'typed-login/operations.graphql'].map((path) =>
    readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8'),
  );
  const queries: [what: string, query: string, more?: object][] = [
    ['the viewer', VIEWER],
    ['the viewer by a name', `query Me ${VIEWER}`, { operationName: 'Me' }],
    ['sessions', '{ viewer { sessions { id device ip createdAt expiresAt lastSeenAt appid platform current } } }'],
    ['the profile', '{ viewer { user { id username phoneNumber phoneVerifiedAt nickname avatarUrl } } }'],
    ['a name of the language', '{ __typename }'],
    ['the schema', getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, schemaDescription: true })],
    [
      'a type',
      'query ($name: String!) { __type(name: $name) { name kind fields { name } } }',
      { variables: { name: 'Viewer' } },
    ],
  ];
  test.each(queries)('%s', async (_what, query, more = {}) => {
    for (const token of [null, scene.alice]) {
      await prepare(scene, asking(query, more, token));
      await expectFast(scene, asking(query, more, token));
    }
  });

  test('the queries of the examples', async () => {
    const names = examples.flatMap((text) => [...text.matchAll(/^query (\w+)/gm)].map(([, name]) => ({ text, name })));
    expect(names.length).toBeGreaterThan(0);
    for (const { text, name } of names) {
      const sent = asking(text, { operationName: name }, scene.alice);
      await prepare(scene, sent);
      await expectFast(scene, sent);
    }
  });

  test('generated ones, in fair weather and in a storm', async () => {
    const counts = { good: 0, bad: 0 };
    for (let seed = 0; seed < rounds(12, 5000); seed += 1) {
      const random = createRandom(seed);
      const { query, operationName, variables } = generateQuery(scene.schema, random);
      const token = random.pick([null, scene.alice, scene.alice, scene.revoked]);
      scene.world.isStormy = false;
      const [right] = variables;
      await prepare(scene, asking(query, { operationName, variables: right }, token));
      for (const [index, values] of variables.entries()) {
        for (const isStormy of index < 2 ? [false, true] : [false]) {
          scene.world.isStormy = isStormy;
          const { isGood, isFast } = await expectSame(
            scene,
            asking(query, { operationName, variables: values }, token),
          );
          counts[isGood ? 'good' : 'bad'] += 1;
          if (!isGood || index === 0) expect({ seed, query, values, isFast }).toMatchObject({ isFast: isGood });
        }
      }
    }
    expect(counts.good).toBeGreaterThan(counts.bad / 2);
    expect(counts.bad).toBeGreaterThan(counts.good / 10);
  }, 3_600_000);
});

test('variables are coerced as graphql-js coerces them', async () => {
  const query =
    'query ($at: DateTime = "2026-01-01T00:00:00Z", $wish: Wish = { min: 1, at: "2026-01-01T00:00:00Z" }, $colour: Colour = GREEN, $list: [Int!] = 5, $lists: [[String]], $extra: Anything, $int: Int, $float: Float, $id: ID) { echo(at: $at, wish: $wish, colour: $colour, list: $list, lists: $lists, extra: $extra, int: $int, id: $id) nested: echo(wish: { colour: $colour, min: $float, max: $float, not: { at: $at, extra: { deep: [$extra] } } }, list: [1, 2]) }';
  await prepare(scene, asking(query));
  const sets: object[] = [
    {},
    { at: null, wish: null, colour: null, list: null },
    { at: '2026-01-01T08:00:00+08:00', wish: { not: { not: null, words: 'one' } }, list: 1, lists: 'one', id: 7 },
    { wish: { sure: false, colour: 'BLUE', extra: { any: [1, null, { __proto__: null }] } }, lists: ['one', [null]] },
    { extra: null, int: 0, id: '' },
    { unknown: 1, constructor: 2 },
  ];
  for (const variables of sets) {
    await expectFast(scene, asking(query, { variables }));
  }
  const wrong = [
    { int: 1.5 },
    { int: '1' },
    { id: 1.5 },
    { list: [null] },
    { wish: { more: 1 } },
    { wish: { sure: null } },
    { colour: 'RED ' },
    { at: 'noon' },
  ];
  for (const variables of wrong) {
    await expectRefused(scene, asking(query, { variables }));
  }
});

describe('of documents that look alike', () => {
  test.each([
    ['a text that begins like an operation name', 'query\n{ state }', { query: '{ state }', operationName: 'query' }],
    ['a name that is none', '{ state }', { query: '{ state }', operationName: 'state' }],
    ['another operation', 'query A { state } query B { who }', { query: 'query A { state } query B { who }' }],
  ])('the right one is answered: %s', async (_what, query, other) => {
    const sent = asking(query, { operationName: /query A/.test(query) ? 'A' : null });
    await prepare(scene, sent);
    await expectFast(scene, sent);
    await expectRefused(scene, asking(other.query, other));
  });

  test('one operation is not prepared by the conditions of another', async () => {
    const query =
      'query A($x: Boolean!) { ...F @include(if: $x) } query B { ...F } query C($x: Boolean!) { ...F @skip(if: $x) ...F } fragment F on Query { state shop { ...G @include(if: true) } } fragment G on Shop { id }';
    for (const [operationName, variables] of [
      ['A', { x: false }],
      ['B', {}],
      ['C', { x: true }],
      ['A', { x: true }],
      ['C', { x: false }],
    ] as const) {
      await prepare(scene, asking(query, { operationName, variables }));
      await expectFast(scene, asking(query, { operationName, variables }));
    }
  });

  test('no text of a client becomes code', async () => {
    const code = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d0,globalThis.wasRun=1';
    for (const query of [
      `{ echo(text: "${code}") }`,
      `{ echo(wish: { words: ["${code}"] }) }`,
      `{ echo(extra: { a: "${code}" }) }`,
      `{ echo(text: """${code}""") }`,
      `query ($text: String = "${code}") { echo(text: $text) }`,
      '{ echo(text: "`+process.exit()+`\\");process.exit();(\\"") }',
    ]) {
      await prepare(scene, asking(query));
      expect(await expectSame(scene, asking(query))).toMatchObject({ isGood: true });
    }
    expect(globalThis).not.toHaveProperty('wasRun');
  });
});
