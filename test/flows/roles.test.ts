import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Arg, Authorized, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { AppError, type GatewayContext, type Viewer } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const DEAD = `mj_${'x'.repeat(43)}`;
const SECRET = 'CANARY-in-what-roles-throws';
let ran = 0;

@ObjectType()
class Report {
  @Authorized(['ADMIN'])
  @Field(() => String, { nullable: true, simple: true })
  revenue = '12';
}

@Authorized('CLERK', 'ADMIN')
@Resolver()
class RoleResolver {
  @Query(() => String, { nullable: true })
  byClass(): string {
    ran += 1;
    return 'any of two';
  }

  @Authorized('OWNER')
  @Query(() => String, { nullable: true })
  byField(): string {
    ran += 1;
    return 'instead';
  }
}

@Resolver()
class OpenResolver {
  @Query(() => Report)
  report(): Report {
    return new Report();
  }

  @Authorized()
  @Query(() => String, { nullable: true })
  anyViewer(): string {
    return 'no role';
  }

  @Query(() => Boolean, { nullable: true })
  has(@Arg('roles', () => [String]) roles: string[], @Ctx() context: GatewayContext): Promise<boolean> {
    return context.hasRole(...roles);
  }
}

const resolvers = [RoleResolver, OpenResolver];
let wechat: StandInWechat;
let gateway: TestGateway;
let token: string;
let answer: (viewer: Viewer) => unknown = () => [];
const asked: string[] = [];

beforeAll(async () => {
  wechat = await startStandInWechat();
  const roles = (viewer: Viewer) => {
    asked.push(viewer.openid);
    return answer(viewer) as string[];
  };
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, own: { resolvers, roles } });
  token = await gateway.tokenFor(codeOf('alice'));
});

afterEach(() => {
  gateway.sessionFaults.clear();
  answer = () => [];
  asked.length = 0;
  ran = 0;
});

afterAll(async () => {
  expect(JSON.stringify(gateway.logLines)).not.toContain(SECRET);
  await gateway.close();
  await wechat.close();
});

const GUARDED = '{ byClass byField report { revenue } }';

describe('a role', () => {
  test('that the viewer has not is FORBIDDEN, and nothing runs', async () => {
    const { status, body } = await gateway.graphql(GUARDED, { token });
    expect([status, body.data]).toEqual([200, { byClass: null, byField: null, report: { revenue: null } }]);
    const codes = body.errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
    expect([codes, ran]).toEqual([['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'], 0]);
  });

  test('is enough if it is one of several; that of a field counts instead of its class', async () => {
    answer = () => ['ADMIN', 'OTHER'];
    const { body } = await gateway.graphql(GUARDED, { token });
    expect(body.data).toEqual({ byClass: 'any of two', byField: null, report: { revenue: '12' } });
    expect(body.errors).toMatchObject([{ path: ['byField'], extensions: { code: 'FORBIDDEN' } }]);
  });

  test('may be found out later, and is asked for once a request', async () => {
    answer = async ({ openid }) => (openid === 'alice' ? ['OWNER', 'CLERK'] : []);
    const { body } = await gateway.graphql('{ byClass byField has(roles: ["X", "CLERK"]) none: has(roles: []) }', {
      token,
    });
    expect(body).toEqual({ data: { byClass: 'any of two', byField: 'instead', has: true, none: false } });
    expect(asked).toEqual(['alice']);
    await gateway.graphql('{ byClass }', { token });
    expect(asked).toEqual(['alice', 'alice']);
  });

  test('is not asked for where none is wanted, nor where there is no viewer', async () => {
    expect((await gateway.graphql('{ anyViewer viewer { openid } }', { token })).code).toBeNull();
    for (const carried of [null, DEAD]) {
      const { status, code, body } = await gateway.graphql(GUARDED, { token: carried });
      expect([status, code, body.errors.length]).toEqual([401, 'UNAUTHENTICATED', 3]);
    }
    gateway.sessionFaults.always('get', 'fail before');
    const down = await gateway.graphql(GUARDED, { token });
    expect([down.status, down.code, down.body.errors.length]).toEqual([503, 'SERVICE_UNAVAILABLE', 3]);
    expect([asked, ran]).toEqual([[], 0]);
  });
});

describe('context.hasRole', () => {
  test('is false without a token, and throws as context.viewer does', async () => {
    const query = '{ has(roles: ["ADMIN"]) }';
    answer = () => ['ADMIN'];
    expect((await gateway.graphql(query)).body).toEqual({ data: { has: false } });
    expect((await gateway.graphql(query, { token })).body).toEqual({ data: { has: true } });
    expect((await gateway.graphql(query, { token: DEAD })).code).toBe('UNAUTHENTICATED');
    gateway.sessionFaults.always('get', 'fail before');
    expect((await gateway.graphql(query, { token })).code).toBe('SERVICE_UNAVAILABLE');
  });
});

describe('roles that', () => {
  const broken: [does: string, answer: () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error(SECRET);
      },
    ],
    ['rejects', () => Promise.reject(new Error(SECRET))],
    ['rejects with a text', () => Promise.reject(SECRET)],
    ['gives a text instead of a list', () => 'ADMIN CLERK OWNER'],
    ['gives a set instead of a list', () => new Set(['ADMIN', 'CLERK', 'OWNER'])],
    ['gives nothing', () => undefined],
  ];
  test.each(broken)('%s opens nothing, and is our failure', async (_, broke) => {
    answer = broke;
    const { status, code, body } = await gateway.graphql(GUARDED, { token });
    expect([status, code, ran, asked.length]).toEqual([500, 'INTERNAL_SERVER_ERROR', 0, 1]);
    expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(body.errors[0].extensions.requestId).toEqual(expect.any(String));
  });

  test('says itself that it cannot know is heard', async () => {
    answer = () => {
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 7 });
    };
    const { status, code, headers } = await gateway.graphql('{ byClass }', { token });
    expect([status, code, headers['retry-after'], ran]).toEqual([503, 'SERVICE_UNAVAILABLE', '7', 0]);
  });

  test('never answers is waited for no longer than 5 s, and the token stays good', async () => {
    answer = () => new Promise(() => undefined);
    const { status, code, headers } = await gateway.graphql(GUARDED, { token });
    expect([status, code, headers['retry-after'], ran]).toEqual([503, 'SERVICE_UNAVAILABLE', '1', 0]);
    const line = gateway.logLines.find(({ detail }) => detail === 'roles gave no answer');
    expect(line).toMatchObject({ code: 'SERVICE_UNAVAILABLE', causeClass: 'DeadlineError' });
    expect((await gateway.graphql('{ anyViewer }', { token })).code).toBeNull();
  });

  test('is missing gives nobody a role', async () => {
    const without = await startTestGateway({ wechatApiUrl: wechat.url, own: { resolvers } });
    const mine = await without.tokenFor(codeOf('alice'));
    const { status, code, body } = await without.graphql(GUARDED, { token: mine });
    expect([status, code, body.errors.length, ran]).toEqual([200, 'FORBIDDEN', 3, 0]);
    await without.close();
  });
});
