import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Authorized, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { asking, expectFast, expectRefused, expectSame, fastWayScene, prepare } from '../support/fast-way-scene.js';
import { rounds } from '../support/rounds.js';
import { codeOf, type TestGateway } from '../support/test-gateway.js';

const scene = fastWayScene();
const DAY_MS = 86_400_000;

@ObjectType()
class Till {
  @Authorized('OWNER')
  @Field(() => String, { nullable: true })
  money(): string {
    return 'much';
  }
}

@Resolver()
class TillResolver {
  @Authorized()
  @Query(() => Till)
  till(): Till {
    return new Till();
  }
}

describe('a query with errors goes the long way', () => {
  const odd = 'error coded ours rejected thrown returned missing required requiredLater large endless noNumber'.split(
    ' ',
  );
  const odder = 'wrong date noList list promises nested iterated extra'.split(' ');
  const objects = ['odds { gone }', 'thing { __typename }', 'named { id }', 'oddLater { error }'];
  test.each([...odd, ...odder, ...objects])('%s', async (field) => {
    const queries = [`{ odd { ${field} } }`, `{ oddLater { gone ${field} missing } }`];
    for (const sent of queries.slice(rounds(1, 0)).map((query) => asking(query))) {
      await prepare(scene, sent);
      await expectFast(scene, sent);
      scene.world.isStormy = true;
      if (field === 'missing') await expectFast(scene, sent);
      else await expectRefused(scene, sent);
      scene.world.isStormy = false;
      await expectFast(scene, sent);
    }
  });

  const WHO = '{ who state viewer { openid } }';
  test('a token decides at each request', async () => {
    await prepare(scene, asking(WHO));
    const tokens: [token: string | null, isGood: boolean][] = [
      [null, true],
      [scene.alice, true],
      [scene.revoked, false],
      ['no token', false],
      ['', false],
      [scene.alice, true],
    ];
    for (const [token, isGood] of tokens) {
      expect(await expectSame(scene, asking(WHO, {}, token))).toMatchObject({ isGood, isFast: isGood });
    }
    const state = '{ state }';
    await prepare(scene, asking(state));
    for (const token of [null, scene.alice, scene.revoked]) {
      await expectFast(scene, asking(state, {}, token));
    }
  });

  test('a store that fails is an outage, and nobody is anonymous', async () => {
    await prepare(scene, asking(WHO, {}, scene.alice));
    scene.gateway.sessionFaults.always('get', 'fail before');
    const { answer, isFast } = await expectSame(scene, asking(WHO, {}, scene.alice));
    expect([answer.status, answer.headers['retry-after'], isFast]).toEqual([503, '1', false]);
    expect(JSON.parse(answer.body).errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
    scene.gateway.sessionFaults.clear();
    await expectFast(scene, asking(WHO, {}, scene.alice));
  });

  test('mutations do, good ones too', async () => {
    for (let asked = 0; asked < 3; asked += 1) {
      const { isGood, isFast } = await expectSame(scene, asking('mutation { logout { ended } }'));
      expect([isGood, isFast]).toEqual([true, false]);
    }
  });
});

describe('a resolver of somebody', () => {
  test('runs once for each good request, and no answer is kept', async () => {
    scene.world.count = 0;
    const sent = asking('{ count }');
    await prepare(scene, sent);
    const before = await scene.ways.fastQueries();
    const answers: unknown[] = [];
    for (let asked = 0; asked < 5; asked += 1)
      answers.push(JSON.parse((await scene.ways.overThePort(sent)).body).data.count);
    expect(answers).toEqual([3, 4, 5, 6, 7]);
    expect(await scene.ways.fastQueries()).toBe(before + 5);
  });

  test('is counted once for each request, whichever way it went', async () => {
    const sent = asking('{ odd { error } }');
    await prepare(scene, sent);
    const counted = async () => {
      const text = await scene.gateway.running.metricsText();
      const of = (code: string) =>
        Number(
          text.match(new RegExp(`^menjin_requests_total\\{operation="query",code="${code}"\\} (\\d+)$`, 'm'))?.[1] ?? 0,
        );
      return [of('ok'), of('INTERNAL_SERVER_ERROR')];
    };
    const [ok = 0, failed = 0] = await counted();
    await scene.ways.overThePort(sent);
    scene.world.isStormy = true;
    await scene.ways.overThePort(sent);
    expect(await counted()).toEqual([ok + 1, failed + 1]);
  });
});

describe('who may ask', () => {
  const VIEWER = '{ viewer { openid } state }';

  test.each([1000, 0].slice(0, rounds(1, 2)))(
    'is looked at each time, with %i sessions at hand: a session ends',
    async (sessionCacheSize) => {
      const other = await scene.start({ config: { sessionCacheSize } });
      const ends: ((token: string) => unknown)[] = [
        (token) => other.gateway.logout(token),
        (token) =>
          other.gateway.graphql('mutation { revokeSessions(input: { keepCurrent: false }) { ended } }', { token }),
        () => other.gateway.clock.advance(8 * DAY_MS),
      ];
      for (const end of ends) {
        const token = await other.gateway.tokenFor(codeOf('carol'));
        const sent = asking(VIEWER, {}, token);
        await prepare(other, sent);
        await expectFast(other, sent);
        await end(token);
        const { answer } = await expectRefused(other, sent);
        expect(JSON.parse(answer.body).errors[0].extensions.code).toBe('UNAUTHENTICATED');
      }
    },
  );

  test('is looked at each time: a role comes and goes', async () => {
    let held: string[] = [];
    const other = await scene.start({ own: { resolvers: [TillResolver], roles: () => held } });
    const sent = asking('{ till { money } }', {}, await other.gateway.tokenFor(codeOf('carol')));
    held = ['OWNER'];
    await prepare(other, sent);
    await expectFast(other, sent);
    held = ['CLERK'];
    const { answer } = await expectRefused(other, sent);
    expect(JSON.parse(answer.body).errors[0].extensions.code).toBe('FORBIDDEN');
    await expectRefused(other, asking('{ till { money } }'));
    held = ['CLERK', 'OWNER'];
    await expectFast(other, sent);
  });

  test('its last use is written down on either way', async () => {
    const seen: unknown[] = [];
    for (const plugins of [[], [{}]]) {
      const other = await scene.start({ own: { plugins } });
      const token = await other.gateway.tokenFor(codeOf('carol'));
      const sent = asking('{ viewer { session { lastSeenAt expiresAt } } }', {}, token);
      for (let day = 0; day < 12; day += 1) {
        other.gateway.clock.advance(3 * DAY_MS);
        seen.push((await other.ways.overThePort(sent)).body);
      }
      expect(await other.ways.fastQueries()).toBe(plugins.length === 0 ? 7 : 0);
    }
    expect(seen.slice(0, 12)).toEqual(seen.slice(12));
  });
});

describe('what an operator is told', () => {
  test('is the same of either way, of good answers, bad ones and slow ones', async () => {
    const sentences = async (plugins: object[]) => {
      let heldMs = 0;
      const slow = () => {
        gateway.clock.advance(heldMs);
        return 'slow';
      };
      const own = { typeDefs: 'type Query { slow: String, no: String }', resolvers: { Query: { slow } }, plugins };
      const { gateway, ways } = await scene.start({ own });
      const ended = await gateway.tokenFor(codeOf('carol'));
      await gateway.logout(ended);
      const tokens = [null, await gateway.tokenFor(codeOf('carol')), ended, 'no token'];
      for (let time = 0; time < 4; time += 1) {
        for (const token of tokens) await ways.overThePort(asking('{ slow viewer { openid } }', {}, token));
      }
      heldMs = 1_000;
      await ways.overThePort(asking('{ slow viewer { openid } }'));
      return { fastQueries: await ways.fastQueries(), ...(await told(gateway)) };
    };
    const [fast, long] = await Promise.all([sentences([]), sentences([{}])]);
    expect(fast).toEqual({ ...long, fastQueries: 7 });
    expect(long.fastQueries).toBe(0);
    expect(long.lines.at(-1)).toMatchObject({ msg: 'slow', route: '/graphql', status: 200, requestId: 'both-ways' });
  });

  async function told({ running, logLines }: TestGateway) {
    const asked = logLines.filter(({ requestId }) => requestId === 'both-ways');
    const lines = asked.map(({ time, elapsedMs, ...line }) => line);
    const text = await running.metricsText();
    return { lines, requests: text.match(/^menjin_requests_total\{.*$/gm) };
  }
});
