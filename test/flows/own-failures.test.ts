import 'reflect-metadata';
import type { ApolloServerPlugin } from '@apollo/server';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IsEmail, MinLength } from 'class-validator';
import { GraphQLError } from 'graphql';
import { Arg, Field, InputType, Query, Resolver } from 'type-graphql';
import { AppError, type GatewayContext } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { type Answer, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const SECRET = 'CANARY-in-what-somebody-throws';

const failures: Record<string, () => unknown> = {
  soldOut: () => new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT', left: 0, tags: ['cup'] } }),
  teapot: () => new GraphQLError('Short and stout.', { extensions: { code: 'TEAPOT', http: { status: 418 } } }),
  gone: () =>
    new GraphQLError('It is gone.', { extensions: { code: 'GONE', http: { status: 410 }, stacktrace: [SECRET] } }),
  oddStatus: () => new GraphQLError('Odd.', { extensions: { code: 'ODD', http: { status: 7 } } }),
  forbidden: () => new GraphQLError('Not yours.', { extensions: { code: 'FORBIDDEN', http: { status: 418 } } }),
  wrongInput: () => new GraphQLError('No such cup.', { extensions: { code: 'BAD_USER_INPUT' } }),
  named: () => new GraphQLError('Odd name.', { extensions: { code: 'toString' } }),
  caused: () => new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT' }, originalError: new Error(SECRET) }),
  noCode: () => new GraphQLError(SECRET, { extensions: { left: SECRET } }),
  numberCode: () => new GraphQLError(SECRET, { extensions: { code: 42 } }),
  plain: () => Object.assign(new Error(SECRET), { extensions: { code: 'LEAK', secret: SECRET } }),
  text: () => SECRET,
  nothing: () => undefined,
  plainObject: () => ({ message: SECRET, extensions: { code: 'LEAK' } }),
  limited: () =>
    new AppError('RATE_LIMITED', {
      reason: 'CUPS',
      retryAfterSeconds: 9,
      detail: 'too many cups',
      cause: new Error(SECRET),
    }),
  unauthenticated: () => new AppError('UNAUTHENTICATED'),
  badRequest: () => new AppError('BAD_REQUEST', { message: 'Send a cup.' }),
  notFound: () => new AppError('NOT_FOUND'),
};

const typeDefs = `type Query { ${Object.keys(failures)
  .map((name) => `${name}: String ${name}Later: String`)
  .join(' ')} }`;
const map = {
  Query: Object.fromEntries(
    Object.entries(failures).flatMap(([name, failure]) => [
      [
        name,
        () => {
          throw failure();
        },
      ],
      [`${name}Later`, () => Promise.reject(failure())],
    ]),
  ),
};

const refuseOperations: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operationName }) => {
      if (operationName === 'Closed') throw new GraphQLError('Closed.', { extensions: { code: 'CLOSED', until: 9 } });
      if (operationName === 'ClosedByCause') {
        const originalError = new Error(SECRET);
        throw new GraphQLError('Closed.', { extensions: { code: 'CLOSED' }, originalError });
      }
      if (operationName === 'ClosedForAll') {
        throw new GraphQLError('Closed.', { extensions: { code: 'CLOSED', http: { status: 403 } } });
      }
      if (operationName === 'Known') throw new AppError('RATE_LIMITED', { retryAfterSeconds: 4 });
      if (operationName === 'Broken') throw new Error(SECRET);
    },
    willSendResponse: async ({ operationName }) => {
      if (operationName?.startsWith('BrokenLate')) throw new Error(SECRET);
    },
  }),
};

let wechat: StandInWechat;
let gateway: TestGateway;

beforeAll(async () => {
  wechat = await startStandInWechat();
  const own = { typeDefs, resolvers: map, plugins: [refuseOperations] };
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, own });
});

afterAll(async () => {
  expect(JSON.stringify(gateway.logLines)).not.toContain(SECRET);
  expect(await gateway.running.metricsText()).not.toContain(SECRET);
  await gateway.close();
  await wechat.close();
});

async function ask(query: string): Promise<Answer> {
  const answer = await gateway.graphql(query);
  expect(JSON.stringify([answer.body, answer.headers])).not.toContain(SECRET);
  return answer;
}

describe('a failure with a code of its own', () => {
  const rows: [field: string, status: number, message: string, extensions: object][] = [
    ['soldOut', 200, 'Sold out.', { code: 'SOLD_OUT', left: 0, tags: ['cup'] }],
    ['teapot', 418, 'Short and stout.', { code: 'TEAPOT' }],
    ['gone', 410, 'It is gone.', { code: 'GONE' }],
    ['oddStatus', 200, 'Odd.', { code: 'ODD' }],
    ['forbidden', 200, 'Not yours.', { code: 'FORBIDDEN' }],
    ['wrongInput', 400, 'No such cup.', { code: 'BAD_USER_INPUT' }],
    ['named', 200, 'Odd name.', { code: 'toString' }],
    ['caused', 200, 'Sold out.', { code: 'SOLD_OUT' }],
  ];
  test.each(rows)('reaches the client as it is: %s', async (field, status, message, extensions) => {
    for (const name of [field, `${field}Later`]) {
      const answer = await ask(`{ ${name} }`);
      expect([answer.status, answer.body.data]).toEqual([status, { [name]: null }]);
      expect(answer.body.errors).toEqual([{ message, extensions, path: [name], locations: [{ line: 1, column: 3 }] }]);
    }
  });

  test('does not hide that somebody has to log in, nor that we have failed', async () => {
    const signIn = await ask('{ soldOut teapot unauthenticated }');
    expect([signIn.status, signIn.body.errors.length]).toEqual([401, 3]);
    expect((await ask('{ teapot plain }')).status).toBe(500);
    expect((await ask('{ soldOut teapot }')).status).toBe(418);
  });

  test('is one log line with its code, and is counted under one name', async () => {
    const before = await gateway.running.metricsText();
    const { headers } = await ask('{ soldOut }');
    const lines = gateway.logLines.filter(({ requestId }) => requestId === headers['x-request-id']);
    expect(lines).toEqual([expect.objectContaining({ code: 'SOLD_OUT', level: 30, causeClass: 'GraphQLError' })]);
    const metrics = await gateway.running.metricsText();
    expect(metrics).toContain('menjin_requests_total{operation="query",code="own"}');
    expect(metrics).not.toContain('SOLD_OUT');
    expect(metrics).not.toBe(before);
  });
});

describe('any other failure of somebody', () => {
  test.each(['noCode', 'numberCode', 'plain', 'text', 'nothing', 'plainObject'])('is masked: %s', async (field) => {
    for (const name of [field, `${field}Later`]) {
      const answer = await ask(`{ ${name} }`);
      expect([answer.status, answer.body.data]).toEqual([500, { [name]: null }]);
      expect(answer.body.errors).toMatchObject([
        {
          message: expect.stringContaining('Something went wrong on our side'),
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers['x-request-id'] },
        },
      ]);
    }
  });
});

describe('an AppError of somebody', () => {
  test('has the status of its code, its reason, and Retry-After', async () => {
    const { status, headers, body } = await ask('{ limited }');
    expect([status, headers['retry-after']]).toEqual([429, '9']);
    expect(body.errors[0].extensions).toEqual({ code: 'RATE_LIMITED', reason: 'CUPS', retryAfterSeconds: 9 });
    const line = gateway.logLines.find(({ requestId }) => requestId === headers['x-request-id']);
    expect(line).toMatchObject({ code: 'RATE_LIMITED', detail: 'too many cups', reason: 'CUPS', causeClass: 'Error' });
  });

  test('may say that there is nothing, or that the request is wrong', async () => {
    const badRequest = await ask('{ badRequest }');
    expect([badRequest.status, badRequest.body.errors[0].message]).toEqual([400, 'Send a cup.']);
    const notFound = await ask('{ notFound }');
    expect([notFound.status, notFound.code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('a plugin of somebody', () => {
  const soon = (name: string) => ask(`query ${name} { viewer { openid } }`);

  test('may refuse an operation with a code of its own', async () => {
    const closed = await soon('Closed');
    expect([closed.status, closed.body.errors]).toEqual([
      200,
      [{ message: 'Closed.', extensions: { code: 'CLOSED', until: 9 } }],
    ]);
    const all = await soon('ClosedForAll');
    expect([all.status, all.body.errors[0].extensions]).toEqual([403, { code: 'CLOSED' }]);
    const known = await soon('Known');
    expect([known.status, known.code, known.headers['retry-after']]).toEqual([429, 'RATE_LIMITED', '4']);
  });

  test('keeps its code when it names the cause', async () => {
    const { status, body } = await soon('ClosedByCause');
    expect([status, body.errors[0].extensions]).toEqual([200, { code: 'CLOSED' }]);
  });

  test('that breaks is our failure', async () => {
    const broken = await soon('Broken');
    expect([broken.status, broken.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect((await soon('Fine')).status).toBe(200);
  });

  test('that breaks when all is answered is our failure, in the shape of every other', async () => {
    const broken = await soon('BrokenLate');
    expect([broken.status, broken.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect(broken.body.errors[0].extensions.requestId).toBe(broken.headers['x-request-id']);
  });

  test('that breaks the answer to a failure does not hide that it broke', async () => {
    const answer = await gateway.running.app.inject({
      method: 'POST',
      url: '/graphql',
      payload: { query: 'query BrokenLateToo { soldOut }' },
    });
    const { errors } = answer.json();
    expect([answer.statusCode, errors[0].extensions]).toEqual([
      500,
      { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers['x-request-id'] },
    ]);
    expect(answer.body).not.toContain(SECRET);
  });
});

describe('an argument that class-validator refuses', () => {
  @InputType()
  class SignUp {
    @Field(() => String)
    @IsEmail()
    email = '';
    @Field(() => String)
    @MinLength(12)
    password = '';
  }
  @Resolver()
  class SignUpResolver {
    @Query(() => String, { nullable: true })
    signUp(@Arg('input', () => SignUp, { validate: true }) input: SignUp): string {
      return input.email;
    }
  }

  test('is BAD_USER_INPUT with the names of the fields, and nothing that was sent', async () => {
    const own = { resolvers: [SignUpResolver] };
    const validating = await startTestGateway({ wechatApiUrl: wechat.url, own });
    const query = 'query ($input: SignUp!) { signUp(input: $input) }';
    const variables = { input: { email: 'CANARY-mail', password: 'CANARY-pw' } };
    const { status, code, body } = await validating.graphql(query, { variables });
    expect([status, code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(body.errors[0].extensions.validationErrors).toEqual([
      { property: 'email', constraints: { isEmail: 'email must be an email' } },
      { property: 'password', constraints: { minLength: expect.stringContaining('12') } },
    ]);
    expect(JSON.stringify([body, validating.logLines])).not.toContain('CANARY-');
    const right = await validating.graphql(query, {
      variables: { input: { email: 'a@example.com', password: 'long enough it is' } },
    });
    expect(right.body).toEqual({ data: { signUp: 'a@example.com' } });
    await validating.close();
  });
});

describe('the message of an error made in code of somebody', () => {
  test.each([
    ['development', true],
    ['test', false],
    ['production', false],
  ] as const)('is in the log in %s: %s', async (environment, isShown) => {
    const own = { typeDefs: 'type Query { broken: String }', resolvers: { Query: { broken } } };
    const started = await startTestGateway({ wechatApiUrl: wechat.url, own, config: { environment } });
    started.running.app.get('/broken', broken);
    const { status, headers, body } = await started.graphql('{ broken }');
    expect([status, JSON.stringify(body).includes('no cup')]).toEqual([500, false]);
    const route = await started.running.app.inject('/broken');
    expect([route.statusCode, route.body.includes('no cup')]).toEqual([500, false]);
    for (const id of [headers['x-request-id'], route.headers['x-request-id']]) {
      const line = started.logLines.find(({ requestId }) => requestId === id);
      expect(line).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', causeClass: 'RangeError' });
      expect(line?.ownMessage).toBe(isShown ? 'no cup is left' : undefined);
    }
    await started.close();
  });
});

function broken(): never {
  throw new RangeError('no cup is left');
}
