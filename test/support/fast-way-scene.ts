import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { GraphQLSchema } from 'graphql';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { type BothWays, bothWays, type SeenAnswer, type Sent } from './both-ways.js';
import { resolversOf, typeDefs, type World } from './odd-world.js';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';

export type SceneOptions = Pick<TestGatewayOptions, 'own' | 'config'>;

export interface OpenedGateway {
  readonly gateway: TestGateway;
  readonly ways: BothWays;
  readonly url: string;
}

/** One gateway around the odd world, which listens, for all tests of a file; its prepared queries stay. */
export interface FastWayScene extends OpenedGateway {
  readonly wechat: StandInWechat;
  readonly world: World;
  readonly schema: GraphQLSchema;
  /** Tokens: of a session, and of one that has ended. */
  readonly alice: string;
  readonly revoked: string;
  /** Another one, that whoever opened it closes; `extend` gets it before it listens. */
  open(options?: SceneOptions, extend?: (gateway: TestGateway) => unknown): Promise<OpenedGateway>;
  /** The same, closed with the test. */
  start(options?: SceneOptions, extend?: (gateway: TestGateway) => unknown): Promise<OpenedGateway>;
  /** Closes it with the test. */
  add(opened: { close(): void | Promise<void> }): void;
}

/** Opens it before the tests of the file that calls this, closes it behind them. */
export function fastWayScene(): FastWayScene {
  const scene = { world: { isStormy: false, count: null } as World } as FastWayScene;
  const opened: { close(): void | Promise<void> }[] = [];
  const open: FastWayScene['open'] = async ({ own, config } = {}, extend = () => undefined) => {
    const gateway = await startTestGateway({
      wechatApiUrl: scene.wechat.url,
      own: { ...((own?.resolvers ?? own?.schema) ? {} : { typeDefs, resolvers: resolversOf(scene.world) }), ...own },
      config: { introspection: true, ...config },
    });
    await extend(gateway);
    const url = await gateway.running.app.listen({ host: '127.0.0.1', port: 0 });
    return { gateway, url, ways: bothWays(gateway.running, url) };
  };
  const start: FastWayScene['start'] = async (...options) => {
    const other = await open(...options);
    opened.push(other.gateway, other.ways);
    return other;
  };

  beforeAll(async () => {
    const schema = buildGatewaySchema({ typeDefs, resolvers: resolversOf(scene.world) });
    const add = (each: { close(): void }) => void opened.push(each);
    Object.assign(scene, { wechat: await startStandInWechat(), schema, open, start, add });
    Object.assign(scene, await open());
    const alice = await scene.gateway.tokenFor(codeOf('alice'));
    const revoked = await scene.gateway.tokenFor(codeOf('bob'));
    await scene.gateway.logout(revoked);
    Object.assign(scene, { alice, revoked });
  });

  beforeEach(() => void Object.assign(scene.world, { isStormy: false, count: null }));

  afterEach(async () => {
    scene.gateway.sessionFaults.clear();
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  afterAll(async () => {
    scene.ways.close();
    await scene.gateway.close();
    await scene.wechat.close();
  });

  return scene;
}

type Asked = Pick<OpenedGateway, 'ways'>;

export function asking(query: string, more: object = {}, token: string | null = null): Sent {
  return {
    body: JSON.stringify({ query, ...more }),
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  };
}

/** The answers of both ways, and whether the second came from a prepared query. */
export async function askBothWays({ ways }: Asked, sent: Sent) {
  const long = await ways.longWay(sent);
  const before = await ways.fastQueries();
  const short = await ways.overThePort(sent);
  return { long, short, isFast: (await ways.fastQueries()) > before };
}

export interface SameAnswer {
  readonly isGood: boolean;
  readonly isFast: boolean;
  readonly answer: SeenAnswer;
}

/** Asks both ways, which must agree. */
export async function expectSame(asked: Asked, sent: Sent): Promise<SameAnswer> {
  const { long, short, isFast } = await askBothWays(asked, sent);
  if (JSON.stringify(short) !== JSON.stringify(long)) expect({ sent, ...short }).toEqual({ sent, ...long });
  return { isGood: long.status === 200 && long.body.startsWith('{"data":'), isFast, answer: short };
}

/** As often as it takes. */
export async function prepare({ ways }: Asked, sent: Sent): Promise<void> {
  for (let asked = 0; asked < 2; asked += 1) await ways.longWay(sent);
}

/** Both ways give it the same good answer, the second as a prepared query. */
export async function expectFast(asked: Asked, sent: Sent): Promise<SameAnswer> {
  const same = await expectSame(asked, sent);
  expect(same).toMatchObject({ isGood: true, isFast: true });
  return same;
}

/** Both ways give it the same answer with errors, of the long way. */
export async function expectRefused(asked: Asked, sent: Sent): Promise<SameAnswer> {
  const same = await expectSame(asked, sent);
  expect(same).toMatchObject({ isGood: false, isFast: false });
  return same;
}
