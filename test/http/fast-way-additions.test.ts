import { makeExecutableSchema } from '@graphql-tools/schema';
import { describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { GraphQLError } from 'graphql';
import type { GatewayContext } from '../../src/index.js';
import { askBothWays, asking, expectFast, expectSame, fastWayScene, prepare } from '../support/fast-way-scene.js';
import { deferred } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import type { TestGateway } from '../support/test-gateway.js';

const scene = fastWayScene();

describe('the headers of an answer', () => {
  test('are those of good answers, not of the first', async () => {
    const http = { status: 200, headers: new Map([['set-cookie', 'of somebody']]) };
    const refuse = () => {
      throw new GraphQLError('no', { extensions: { code: 'MINE', http } });
    };
    const other = await scene.start({
      own: {
        typeDefs: 'type Query { mine: String, yours: String }',
        resolvers: { Query: { mine: refuse, yours: () => 'yours' } },
      },
    });
    const { headers } = await other.ways.overThePort(asking('{ mine }'));
    expect(headers['set-cookie']).toBe('of somebody');
    await prepare(other, asking('{ yours }'));
    const { isFast, answer } = await expectSame(other, asking('{ yours }'));
    expect([isFast, answer.headers['set-cookie']]).toEqual([true, undefined]);
  });

  test('do not depend on what the first client accepts', async () => {
    const other = await scene.start();
    const sent = asking('{ state }');
    await other.ways.longWay({ ...sent, headers: { accept: 'application/graphql-response+json' } });
    await prepare(other, sent);
    await expectFast(other, sent);
  });
});

describe('what somebody adds', () => {
  const sent = asking('{ state }');

  test('a plugin of Apollo Server sees every query', async () => {
    let seen = 0;
    const plugin = {
      requestDidStart: async () => {
        seen += 1;
      },
    };
    const other = await scene.start({ own: { plugins: [plugin] } });
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect([seen, await other.ways.fastQueries()]).toEqual([4, 0]);
  });

  type Hook = (...args: unknown[]) => void;
  const hooking = (names: readonly string[], hook: Hook) => (gateway: TestGateway) => {
    const { app } = gateway.running;
    for (const name of names) (app.addHook as (name: string, hook: Hook) => unknown)(name, hook);
  };
  const done: Hook = (...args) => {
    const last = args.at(-1);
    if (typeof last === 'function') last();
  };

  const hooks: [name: string, times: number][] = [
    ...['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse'].map(
      (name): [string, number] => [name, 4],
    ),
    // Fastify calls it for objects only; it may know better one day.
    ['preSerialization', 0],
    // Nobody leaves here.
    ['onRequestAbort', 0],
  ];
  test.each(hooks)('a hook of the whole app sees every query: %s', async (name, times) => {
    let seen = 0;
    const count: Hook = (...args) => {
      seen += 1;
      done(...args);
    };
    const other = await scene.start({}, hooking([name], count));
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect([seen, await other.ways.fastQueries()]).toEqual([times, 0]);
  });

  test('so does one of a plugin of Fastify that is for the whole app', async () => {
    let seen = 0;
    const plugin = async (app: FastifyInstance) => {
      app.addHook('onRequest', async () => {
        seen += 1;
      });
    };
    const shared = Object.assign(plugin, { [Symbol.for('skip-override')]: true });
    const other = await scene.start({}, async ({ running: { app } }) => app.register(shared));
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect([seen, await other.ways.fastQueries()]).toEqual([4, 0]);
  });

  test('hooks that see no good answer do not slow queries down', async () => {
    const names = ['onTimeout', 'onError', 'onRoute', 'onReady', 'onListen', 'preClose', 'onClose'];
    const other = await scene.start({}, hooking(names, done));
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect(await other.ways.fastQueries()).toBe(2);
  });

  test('a hook of a scope is for the routes of that scope', async () => {
    let seen = 0;
    const other = await scene.start({}, async ({ running: { app } }) =>
      app.register(async (scope) => {
        scope.addHook('onRequest', async () => {
          seen += 1;
        });
        scope.get('/mine', async () => 'mine');
      }),
    );
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect([seen, await other.ways.fastQueries()]).toEqual([0, 2]);
  });

  test('a schema with resolvers of its own is asked the fast way, too', async () => {
    const Query = { mine: async (_: unknown, { of }: { of: string[] }, { viewer }: GatewayContext) => [viewer, ...of] };
    const schema = makeExecutableSchema({
      typeDefs: 'type Query { mine(of: [String!] = ["by default"]): [String] }',
      resolvers: { Query },
    });
    const other = await scene.start({ own: { schema } });
    const mine = asking('query ($of: [String!]) { mine(of: $of) state: __typename }');
    await prepare(other, mine);
    expect((await expectFast(other, mine)).answer.body).toContain('[null,"by default"]');
  });

  test('wafer2 does not slow queries down', async () => {
    const other = await scene.start({ config: { wafer: true } });
    for (let asked = 0; asked < 4; asked += 1) await other.ways.overThePort(sent);
    expect(await other.ways.fastQueries()).toBe(2);
  });
});

test('of thousands of queries two hundred are kept', async () => {
  const other = await scene.start();
  const nth = (n: number) => asking(`{ state a${n}: __typename }`);
  for (let n = 0; n < rounds(210, 10_000); n += 1) await prepare(other, nth(n));
  const last = rounds(210, 10_000) - 1;
  const isFast = async (n: number) => (await askBothWays(other, nth(n))).isFast;
  expect([await isFast(last), await isFast(last - 190), await isFast(last - 201), await isFast(0)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
}, 3_600_000);

test('a text of more than 16 KB is not kept', async () => {
  const ofLength = (length: number) => asking('{ state }'.padEnd(length));
  for (const [length, isFast] of [
    [16 * 1024, true],
    [16 * 1024 + 1, false],
  ] as const) {
    await prepare(scene, ofLength(length));
    expect(await expectSame(scene, ofLength(length))).toMatchObject({ isGood: true, isFast });
  }
});

test('a query that is under way when the gateway closes is answered, and its connection ends', async () => {
  const [arrived, released] = [deferred<void>(), deferred<void>()];
  let isHeld = false;
  const slow = async () => {
    if (!isHeld) return 'slow';
    arrived.resolve();
    await released.promise;
    return 'slow';
  };
  const other = await scene.open({ own: { typeDefs: 'type Query { slow: String }', resolvers: { Query: { slow } } } });
  const sent = asking('{ slow }');
  await prepare(other, sent);
  isHeld = true;
  const answer = other.ways.overThePort(sent);
  await arrived.promise;
  const closed = other.gateway.close();
  await new Promise(setImmediate);
  released.resolve();
  expect((await answer).body).toBe('{"data":{"slow":"slow"}}\n');
  // Were the connection kept, this would take as long as its client likes.
  await closed;
  other.ways.close();
});
