import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { asking, expectSame, fastWayScene, type OpenedGateway, prepare } from '../support/fast-way-scene.js';
import { createRandom } from '../support/generated-queries.js';
import { queriesOfTests } from '../support/queries-of-tests.js';
import { rounds } from '../support/rounds.js';

const scene = fastWayScene();

test('every query of the tests, the examples and the documentation has the same answer both ways', async () => {
  const random = createRandom(1);
  const seen = { fast: 0, refused: 0, invalid: 0 };
  for (const { query, isValid, ...more } of queriesOfTests(scene.schema, random, rounds(3, 1))) {
    for (const token of [scene.alice, null, scene.revoked].slice(0, rounds(1, 3))) {
      const sent = asking(query, more, token);
      if (isValid) await prepare(scene, sent);
      const { isGood, isFast } = await expectSame(scene, sent);
      expect({ query, isFast }).toEqual({ query, isFast: isGood });
      if (!isValid) expect(isGood).toBe(false);
      seen[isFast ? 'fast' : isValid ? 'refused' : 'invalid'] += 1;
    }
  }
  expect(seen.fast).toBeGreaterThan(rounds(10, 100));
  expect(seen.invalid).toBeGreaterThan(rounds(10, 100));
}, 3_600_000);

describe('the GraphQL-over-HTTP audits', () => {
  let without: OpenedGateway;

  beforeAll(async () => {
    // Of a plugin of somebody's own menjin knows nothing: no query is prepared.
    without = await scene.open({ own: { plugins: [{}] } });
  });

  afterAll(async () => {
    without.ways.close();
    await without.gateway.close();
  });

  async function answerOf(url: string, search: string, { headers, ...init }: RequestInit) {
    const sent = new Headers(headers);
    sent.set('apollo-require-preflight', '1');
    sent.set('x-request-id', 'audit');
    const answer = await fetch(`${url}/graphql${search}`, { ...init, headers: sent });
    const { date, ...lasting } = Object.fromEntries(answer.headers);
    return { status: answer.status, headers: lasting, body: await answer.text() };
  }

  const requests: string[] = [];
  const audits = serverAudits({
    url: 'http://localhost/graphql',
    fetchFn: async (target: string, init: RequestInit = {}) => {
      const { search } = new URL(target);
      requests.push(`${init.method} ${search} ${JSON.stringify(init.headers)} ${init.body}`);
      const expected = await answerOf(without.url, search, init);
      // The third time a prepared query would answer.
      for (let time = 0; time < 3; time += 1) expect(await answerOf(scene.url, search, init)).toEqual(expected);
      const { status, headers, body } = expected;
      return new Response(body, { status, headers });
    },
  });

  test('are answered alike when what they ask has been prepared', async () => {
    const before = await scene.ways.fastQueries();
    for (const audit of audits) await audit.fn();
    expect(requests.length).toBeGreaterThanOrEqual(61);
    expect((await scene.ways.fastQueries()) - before).toBeGreaterThan(10);
    expect(await without.ways.fastQueries()).toBe(0);
  });
});
