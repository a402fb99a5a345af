import { afterEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import { type GraphqlServer, type GraphqlServerOptions, startGraphqlServer } from '../support/graphql-server.js';

const SECRET = 'CANARY-in-an-error';
let server: GraphqlServer | null = null;

afterEach(async () => {
  const logText = server?.logText;
  const metrics = await server?.metricsText();
  await server?.close();
  server = null;
  expect(logText).not.toContain(SECRET);
  expect(metrics).not.toContain(SECRET);
});

async function start(options: GraphqlServerOptions): Promise<GraphqlServer> {
  server = await startGraphqlServer(options);
  return server;
}

const fail = (error: unknown) => () => {
  throw error;
};
const refuse = (code: ConstructorParameters<typeof AppError>[0], retryAfterSeconds?: number) =>
  fail(new AppError(code, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }));

const typeDefs = `type Query {
  good: String  input: String  signIn: String  forbidden: String  limited: String  limitedLonger: String  unavailable: String  broken: String  missing: String
}`;
const rootValue = {
  good: () => 'good',
  input: refuse('BAD_USER_INPUT'),
  signIn: refuse('UNAUTHENTICATED'),
  forbidden: refuse('FORBIDDEN'),
  limited: refuse('RATE_LIMITED', 2),
  limitedLonger: refuse('RATE_LIMITED', 30),
  unavailable: refuse('SERVICE_UNAVAILABLE', 1),
  broken: fail(Object.assign(new Error(`${SECRET}\n    at ${SECRET} (file:///${SECRET}:1:1)`), { token: SECRET })),
  missing: refuse('NOT_FOUND'),
};

async function ask({ app }: GraphqlServer, query: string, headers: Record<string, string> = {}) {
  const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query }, headers });
  expect(response.body).not.toContain(SECRET);
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

describe('the status of an answer', () => {
  const rows: [fields: string, status: number, code: string, retryAfter: string | undefined][] = [
    ['forbidden', 200, 'FORBIDDEN', undefined],
    ['input', 400, 'BAD_USER_INPUT', undefined],
    ['signIn', 401, 'UNAUTHENTICATED', undefined],
    ['limited', 429, 'RATE_LIMITED', '2'],
    ['unavailable', 503, 'SERVICE_UNAVAILABLE', '1'],
    ['broken', 500, 'INTERNAL_SERVER_ERROR', undefined],
    ['forbidden input', 400, 'BAD_USER_INPUT', undefined],
    ['input signIn forbidden', 401, 'UNAUTHENTICATED', undefined],
    ['signIn limited', 429, 'RATE_LIMITED', '2'],
    ['limited unavailable signIn', 503, 'SERVICE_UNAVAILABLE', '2'],
    ['unavailable limitedLonger limited', 503, 'SERVICE_UNAVAILABLE', '30'],
    ['limitedLonger broken unavailable', 500, 'INTERNAL_SERVER_ERROR', '30'],
    ['missing signIn', 401, 'UNAUTHENTICATED', undefined],
  ];
  test.each(rows)('is that of its worst error: %s', async (fields, status, code, retryAfter) => {
    const started = await start({ typeDefs, rootValue });
    const answer = await ask(started, `{ good ${fields} }`);
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(answer.body.data.good).toBe('good');
    expect(answer.body.errors).toHaveLength(fields.split(' ').length);

    expect(started.logLines).toEqual([
      expect.objectContaining({ code, operation: 'query', requestId: answer.headers['x-request-id'] }),
    ]);
    expect(await started.metricsText()).toContain(`menjin_requests_total{operation="query",code="${code}"} 1`);
  });

  test('is 200, counted and not logged, when all went well', async () => {
    const started = await start({ typeDefs, rootValue });
    expect(await ask(started, '{ good }')).toMatchObject({ status: 200, body: { data: { good: 'good' } } });
    expect(started.logLines).toEqual([]);
    expect(await started.metricsText()).toContain('menjin_requests_total{operation="query",code="ok"} 1');
  });
});

const masked = (requestId: unknown) => ({
  message: 'Something went wrong on our side. The requestId finds it in the log.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
});

describe('an unexpected failure', () => {
  test('of a resolver is masked, and found in the log by its requestId', async () => {
    const started = await start({ typeDefs, rootValue });
    const answer = await ask(started, '{ broken }', { 'x-request-id': 'phone-7.a_B' });
    expect(answer.headers['x-request-id']).toBe('phone-7.a_B');
    expect(answer.body.errors).toEqual([expect.objectContaining(masked('phone-7.a_B'))]);
    expect(started.logLines).toEqual([
      expect.objectContaining({
        level: 50,
        msg: 'failed',
        code: 'INTERNAL_SERVER_ERROR',
        requestId: 'phone-7.a_B',
        causeClass: 'Error',
        stack: expect.arrayContaining([expect.stringMatching(/^at .*report\.test\.ts/)]),
      }),
    ]);
  });

  test.each([
    ['a string', SECRET],
    ['nothing', undefined],
    ['an object', { message: SECRET, code: SECRET }],
  ])('may be %s', async (_title, thrown) => {
    const started = await start({ rootValue: { hello: fail(thrown) } });
    const answer = await ask(started, '{ hello }');
    expect(answer).toMatchObject({ status: 500, body: { errors: [masked(answer.headers['x-request-id'])] } });
    expect(started.logLines).toEqual([expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR' })]);
  });

  const elsewhere: [where: string, options: GraphqlServerOptions][] = [
    ['the context', { contextFailure: new Error(SECRET) }],
    ['a plugin', { plugins: [{ requestDidStart: fail(new Error(SECRET)) }] }],
    [
      'a plugin that looks at the answer',
      { plugins: [{ requestDidStart: async () => ({ willSendResponse: fail(new Error(SECRET)) }) }] },
    ],
    [
      'a plugin that looks at the operation',
      { plugins: [{ requestDidStart: async () => ({ didResolveOperation: fail(new Error(SECRET)) }) }] },
    ],
  ];
  test.each(elsewhere)('of %s is masked and found in the same way', async (_where, options) => {
    const started = await start({ rootValue: { hello: () => 'hello' }, ...options });
    const answer = await ask(started, '{ hello }');
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ errors: [masked(answer.headers['x-request-id'])] });
    const failures = started.logLines.filter((line) => line.code === 'INTERNAL_SERVER_ERROR');
    expect(failures).toEqual([
      expect.objectContaining({
        requestId: answer.headers['x-request-id'],
        causeClass: 'Error',
        stack: expect.arrayContaining([expect.stringMatching(/^at .*report\.test\.ts/)]),
      }),
    ]);
    expect(started.logLines).toHaveLength(1);
  });

  const outage = new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 4, cause: new Error(SECRET) });
  const places: [where: string, options: GraphqlServerOptions][] = [
    ['the context', { contextFailure: outage }],
    ['a plugin', { plugins: [{ requestDidStart: async () => ({ didResolveOperation: fail(outage) }) }] }],
  ];
  test.each(places)('that is one of the table keeps its code in %s', async (_where, options) => {
    const started = await start(options);
    const answer = await ask(started, '{ hello }');
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '4' },
      body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 4 } }] },
    });
    expect(started.logLines).toEqual([expect.objectContaining({ msg: 'unavailable', causeClass: 'Error' })]);
  });
});

describe('the request id', () => {
  test.each(['a', 'A-Z.0_9', 'x'.repeat(64)])('is the one that was given: %s', async (given) => {
    const { headers } = await ask(await start({}), '{ hello }', { 'x-request-id': given });
    expect(headers['x-request-id']).toBe(given);
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a,b', '"a"', '{x}', '<b>'])('is our own instead of %j', async (given) => {
    const { headers } = await ask(await start({}), '{ hello }', { 'x-request-id': given });
    expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  test('is another one each time', async () => {
    const started = await start({});
    const [first, second] = [await ask(started, '{ hello }'), await ask(started, '{ hello }')];
    expect(first.headers['x-request-id']).not.toBe(second.headers['x-request-id']);
  });
});
