import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Arg, Authorized, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type GatewayContext, requireViewer, UserType } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { type Answer, codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { Address, Clerk, Order, Parcel, Receipt, ran, reading, run } from './guarded-types.js';

const DEAD = `mj_${'x'.repeat(43)}`;

@Resolver()
class OpenResolver {
  @Query(() => String)
  greeting(@Ctx() { viewer }: GatewayContext): string {
    return viewer === null ? 'Hello, whoever you are.' : `Hello, ${viewer.openid}.`;
  }

  @Query(() => String)
  state(@Ctx() { viewerState }: GatewayContext): string {
    return viewerState;
  }

  @Query(() => String)
  asked(@Ctx() context: GatewayContext): string {
    return context.requestId;
  }

  @Query(() => String, { nullable: true })
  required(@Ctx() context: GatewayContext): string {
    return requireViewer(context).user.id;
  }

  @Authorized()
  @Query(() => String, { nullable: true })
  guarded(): string {
    return run('guarded', 'yes');
  }

  @Authorized()
  @Mutation(() => String, { nullable: true })
  buy(@Arg('what', () => String) what: string): string {
    return run('buy', what);
  }

  @Query(() => Order)
  order(): Order {
    return reading(new Order(), 'simple', 'simply');
  }

  @Query(() => Address)
  address(): Address {
    return reading(new Address(), 'door', '5');
  }

  @Query(() => Receipt)
  receipt(): Receipt {
    return reading(new Receipt(), 'total', '12');
  }

  @Query(() => Parcel)
  parcel(): Parcel {
    return new Parcel();
  }

  @Query(() => Clerk)
  clerk(): Clerk {
    return new Clerk();
  }
}

@Authorized()
@Resolver()
class GuardedResolver {
  @Query(() => String, { nullable: true })
  ofClass(): string {
    return run('ofClass', 'yes');
  }
}

@Resolver(() => Order)
class OrderResolver {
  @Authorized()
  @FieldResolver(() => String, { nullable: true })
  note(@Root() { cup }: Order): string {
    return run('note', `of ${cup}`);
  }
}

@Resolver(() => UserType)
class PointsResolver {
  @FieldResolver(() => Number)
  points(@Root() { id }: UserType): number {
    return id.length;
  }
}

let wechat: StandInWechat;
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  wechat = await startStandInWechat();
  const resolvers = [OpenResolver, GuardedResolver, OrderResolver, PointsResolver];
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, own: { resolvers } });
  token = await gateway.tokenFor(codeOf('alice'));
});

afterEach(() => {
  gateway.sessionFaults.clear();
  ran.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

function whileStoreIsDown(query: string): Promise<Answer> {
  gateway.sessionFaults.always('get', 'fail before');
  return gateway.graphql(query, { token });
}

describe('a resolver of somebody greets the viewer', () => {
  test('who is signed in, and whoever has no token', async () => {
    expect((await gateway.graphql('{ greeting state }', { token })).body).toEqual({
      data: { greeting: 'Hello, alice.', state: 'signedIn' },
    });
    expect((await gateway.graphql('{ greeting state }')).body).toEqual({
      data: { greeting: 'Hello, whoever you are.', state: 'anonymous' },
    });
  });

  test('and never takes a dead token for nobody', async () => {
    const dead = await gateway.graphql('{ greeting }', { token: DEAD });
    expect([dead.status, dead.code, dead.body.data]).toEqual([401, 'UNAUTHENTICATED', null]);
    expect((await gateway.graphql('{ state }', { token: DEAD })).body).toEqual({ data: { state: 'refused' } });
  });

  test('nor a token that no store can judge', async () => {
    const down = await whileStoreIsDown('{ greeting }');
    expect([down.status, down.code, down.headers['retry-after']]).toEqual([503, 'SERVICE_UNAVAILABLE', '1']);
    expect((await gateway.graphql('{ state }', { token })).body).toEqual({ data: { state: 'unknown' } });
  });

  test('and knows the name of the request', async () => {
    const answer = await gateway.graphql('{ asked }', { headers: { 'x-request-id': 'of-the-client' } });
    expect([answer.body.data.asked, answer.headers['x-request-id']]).toEqual(['of-the-client', 'of-the-client']);
  });
});

describe('a guard', () => {
  const guarded: [where: string, query: string, path: string, value: unknown][] = [
    ['requireViewer', '{ required }', 'required', expect.any(String)],
    ['@Authorized() on a query', '{ guarded }', 'guarded', 'yes'],
    ['@Authorized() on a mutation', 'mutation { buy(what: "cup") }', 'buy', 'cup'],
    ['@Authorized() on a resolver class', '{ ofClass }', 'ofClass', 'yes'],
    ['@Authorized() on a field', '{ order { price } }', 'order.price', '5'],
    ['@Authorized() on a simple field', '{ order { simple } }', 'order.simple', 'simply'],
    ['@Authorized() on a field resolver', '{ order { note } }', 'order.note', 'of a cup'],
    ["@Authorized() on an object type's class", '{ address { street } }', 'address.street', 'Main'],
    ["@Authorized() on an object type's class, for a simple field", '{ address { door } }', 'address.door', '5'],
    ['@Authorized() on a field of a simple class', '{ receipt { total } }', 'receipt.total', '12'],
    ['@Authorized() on a field of an interface', '{ parcel { number } }', 'parcel.number', 'n1'],
    ['@Authorized() on a field of a superclass', '{ clerk { phone } }', 'clerk.phone', '138'],
  ];

  test.each(guarded)('%s lets the viewer pass, and nobody else', async (_, query, path, value) => {
    const names = path.split('.');
    const at = ({ body }: Answer) => names.reduce((data, name) => data?.[name], body.data);
    for (const [carried, status, code] of [
      [null, 401, 'UNAUTHENTICATED'],
      [DEAD, 401, 'UNAUTHENTICATED'],
    ] as const) {
      const answer = await gateway.graphql(query, { token: carried });
      expect([answer.status, answer.code, at(answer), answer.body.errors.length]).toEqual([status, code, null, 1]);
    }
    const down = await whileStoreIsDown(query);
    expect([down.status, down.code, at(down), down.headers['retry-after']]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      null,
      '1',
    ]);
    expect(ran).toEqual([]);

    gateway.sessionFaults.clear();
    const answer = await gateway.graphql(query, { token });
    expect([answer.status, answer.code, at(answer)]).toEqual([200, null, value]);
  });

  test('leaves the fields beside it alone', async () => {
    const { status, body } = await gateway.graphql('{ order { cup price } receipt { shop } }');
    expect([status, body.data]).toEqual([401, { order: { cup: 'a cup', price: null }, receipt: { shop: 'corner' } }]);
  });
});

describe("a field that hangs on a type of menjin's", () => {
  test('is read from the viewer, and from whoever has just logged in', async () => {
    const points = (await gateway.graphql('{ viewer { user { id points } } }', { token })).body.data.viewer.user;
    expect(points).toEqual({ id: expect.any(String), points: points.id.length });
    const code = codeOf('bob');
    const { body } = await gateway.graphql(
      'mutation ($code: String!) { login(input: { code: $code }) { token isNewUser viewer { openid user { id points } } } }',
      { variables: { code } },
    );
    const { isNewUser, viewer } = body.data.login;
    expect([isNewUser, viewer.openid, viewer.user.points]).toEqual([true, 'bob', viewer.user.id.length]);
  });
});

describe('fields of somebody', () => {
  test('count for the limits like those of menjin', async () => {
    const aliases = Array.from({ length: 16 }, (_, index) => `a${index}: guarded`).join(' ');
    const { status, code, body } = await gateway.graphql(`{ ${aliases} }`, { token });
    expect([status, code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(body.errors[0].message).toContain('at most 15 aliases');
    expect(ran).toEqual([]);
  });

  test('do not soften that an operation logs in once', async () => {
    const { code, body } = await gateway.graphql(
      'mutation { a: login(input: { code: "x" }) { token } buy(what: "cup") b: login(input: { code: "y" }) { token } }',
      { token },
    );
    expect([code, body.errors[0].message]).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
      expect.stringContaining('at most 1 field that logs in, takes a code or opens data'),
    ]);
    expect(ran).toEqual([]);
  });
});

describe('gateway.authenticate', () => {
  test('gives the viewer of a token, null for one that names no session, and throws while nobody knows', async () => {
    const { running } = gateway;
    expect(await running.authenticate(token)).toMatchObject({ openid: 'alice', platform: 'WECHAT' });
    for (const dead of [DEAD, '', 'nonsense', `Bearer ${token}`]) expect(await running.authenticate(dead)).toBeNull();
    gateway.sessionFaults.always('get', 'fail before');
    await expect(running.authenticate(token)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await running.authenticate('nonsense')).toBeNull();
  });

  test('counts as a use of the session', async () => {
    const mine = await gateway.tokenFor(codeOf('carol'));
    const day = 24 * 60 * 60 * 1000;
    for (let days = 0; days < 12; days += 6) {
      gateway.clock.advance(6 * day);
      expect(await gateway.running.authenticate(mine)).toMatchObject({ openid: 'carol' });
    }
  });
});
