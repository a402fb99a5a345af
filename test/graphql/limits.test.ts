import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery, parse } from 'graphql';
import { limits } from '../../src/graphql/limits.js';
import { costsOf } from '../../src/graphql/operation-cost.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

let wechat: StandInWechat;
let gateway: TestGateway;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

const PARSE = 'GRAPHQL_PARSE_FAILED';
const VALIDATE = 'GRAPHQL_VALIDATION_FAILED';
const NAME = '__typename';
const LOGIN = 'login(input: $input) { token }';

const times = (n: number, of: string | ((index: number) => string)) =>
  Array.from({ length: n }, (_, index) => (typeof of === 'string' ? of : of(index))).join(' ');
const nested = (n: number, open: string, inside: string, close: string) => open.repeat(n) + inside + close.repeat(n);
const mutation = (selections: string, fragments = '') =>
  `mutation ($input: LoginInput!) { ${selections} } ${fragments}`;
const aliasedLogins = (n: number) => mutation(times(n, (index) => `a${index}:${LOGIN}`));
const levels = (n: number) => `{ __schema { types ${nested(n - 3, '{ ofType ', '{ name }', '}')} } }`;

/** Posts a document with the variables of a login, and gives what a client reads of the answer. */
async function ask(query: string) {
  const variables = { input: { code: codeOf('alice') } };
  const { status, code, body } = await gateway.graphql(query, { variables });
  const messages: string[] = (body.errors ?? []).map(({ message }: { message: string }) => message);
  return { status, code, messages };
}

async function expectRefusal(query: string, ...exceeded: (keyof typeof limits)[]): Promise<void> {
  const calls = wechat.calls.length;
  const code = exceeded[0] === 'tokens' ? PARSE : VALIDATE;
  const messages = exceeded.map((name) => limits[name].sentence);
  expect(await ask(query)).toEqual({ status: 400, code, messages });
  expect(wechat.calls.length).toBe(calls);
}

function post(payload: Record<string, unknown> | string, headers: Record<string, string> = {}) {
  return gateway.running.app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', ...headers },
    payload,
  });
}

describe('the last that is allowed is answered, and one more is refused', () => {
  const onQuery = (name: string, selections: string) => `fragment ${name} on Query { ${selections} }`;
  const onType = (name: string, selections: string) => `fragment ${name} on __Type { ${selections} }`;
  const rows: [limit: keyof typeof limits, title: string, document: (extra: number) => string][] = [
    ['tokens', 'of every kind', (extra) => `{ ${times(249, `...{${NAME}}`)} ${times(2 + extra, NAME)} }`],
    ['lines', 'that are empty', (extra) => `${'\n'.repeat(999 + extra)}{ ${NAME} }`],
    ['lines', 'that end like those of Windows', (extra) => `${'\r\n'.repeat(999 + extra)}{ ${NAME} }`],
    ['lines', 'of comments', (extra) => `{ ${NAME} }${'\n#'.repeat(999 + extra)}`],
    ['depth', 'of fields', (extra) => levels(20 + extra)],
    [
      'depth',
      'over two fragments',
      (extra) =>
        `{ __schema { types { ...A } } } ${onType('A', nested(8, 'ofType { ', '...B', '}'))} ${onType('B', nested(9 + extra, 'ofType { ', 'name', '}'))}`,
    ],
    ['fields', 'side by side', (extra) => `{ ${times(400 + extra, NAME)} }`],
    [
      'fields',
      'of a fragment that is spread twenty times',
      (extra) => `{ ${times(20, '...F')} ${times(20 + extra, NAME)} } ${onQuery('F', times(19, NAME))}`,
    ],
    ['aliases', 'of one field', (extra) => `{ ${times(15 + extra, (index) => `a${index}: ${NAME}`)} }`],
    [
      'aliases',
      'of a fragment that is spread three times',
      (extra) => `{ ${times(3, '...F')} ${times(extra, `b: ${NAME}`)} } ${onQuery('F', times(5, `a: ${NAME}`))}`,
    ],
    ['directives', 'of fields', (extra) => `{ ${times(50 + extra, `${NAME} @skip(if: false)`)} }`],
    [
      'directives',
      'of fragments and of what is in them',
      (extra) =>
        `{ ${times(25, '...F @include(if: true)')} ${times(extra, '...F')} } ${onQuery('F', `... @skip(if: false) { ${NAME} }`)}`,
    ],
    ['authenticationFields', 'that are the same', (extra) => mutation(times(1 + extra, LOGIN))],
  ];
  test.each(rows)('%s %s', async (limit, _title, document) => {
    expect(await ask(document(0))).toEqual({ status: 200, code: null, messages: [] });
    await expectRefusal(document(1), limit);
  });
});

test('introspection in its longest form takes three quarters of a limit at most', async () => {
  const query = getIntrospectionQuery({
    ...{ specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true },
    ...{ inputValueDeprecation: true, oneOf: true },
  });
  expect(await ask(query)).toEqual({ status: 200, code: null, messages: [] });
  const costs = costsOf(parse(query, { maxTokens: limits.tokens.most * 0.75 }), new Set());
  expect(Math.max(...costs.map(({ depth }) => depth))).toBeLessThanOrEqual(limits.depth.most * 0.75);
  expect(Math.max(...costs.map(({ fields }) => fields))).toBeLessThanOrEqual(limits.fields.most * 0.75);
});

test('ten thousand aliases of login are refused before anything runs, and so are a thousand, sixty and fifteen', async () => {
  const calls = wechat.calls.length;
  expect(await ask(aliasedLogins(10_000))).toMatchObject({ status: 413, code: 'BAD_REQUEST' });
  expect(wechat.calls.length).toBe(calls);
  await expectRefusal(aliasedLogins(1000), 'tokens');
  await expectRefusal(aliasedLogins(60), 'aliases', 'authenticationFields');
  await expectRefusal(aliasedLogins(15), 'authenticationFields');
});

test('two logins in one operation are refused, however they are written', async () => {
  const onMutation = (name: string, selections: string) => `fragment ${name} on Mutation { ${selections} }`;
  const documents = [
    mutation(`a: ${LOGIN} b: ${LOGIN}`),
    mutation(`${LOGIN} logout { ended } again: ${LOGIN}`),
    mutation(`... { ${LOGIN} } ... on Mutation { b: ${LOGIN} }`),
    mutation(`...F b: ${LOGIN}`, onMutation('F', LOGIN)),
    mutation('...F ...F', onMutation('F', LOGIN)),
    mutation('...F ...G', `${onMutation('F', LOGIN)} ${onMutation('G', `b: ${LOGIN}`)}`),
    mutation('...F', `${onMutation('F', '...G ... { ...G }')} ${onMutation('G', LOGIN)}`),
    mutation(`a: ${LOGIN} b: login(input: $input) @skip(if: true) { token }`),
    mutation(`a: ${LOGIN} ... @include(if: false) { b: ${LOGIN} }`),
    `query A { ${NAME} } ${mutation(`a: ${LOGIN} b: ${LOGIN}`)}`,
  ];
  for (const document of documents) await expectRefusal(document, 'authenticationFields');
});

test('one login is no more than one, in a fragment, beside other fields, and beside another operation', async () => {
  const fragments = `fragment F on Mutation { ...G } fragment G on Mutation { ${LOGIN} }`;
  expect(await ask(mutation('logout { ended } ... { ...F }', fragments))).toMatchObject({ status: 200 });
  const operation = (name: string) => `mutation ${name}($input: LoginInput!) { ${LOGIN} }`;
  const answer = await post({
    query: `${operation('A')} ${operation('B')}`,
    operationName: 'B',
    variables: { input: { code: codeOf('alice') } },
  });
  expect(answer.json()).toEqual({ data: { login: { token: expect.stringMatching(/^mj_/) } } });
});

test('depth is refused, of selections, of lists and objects in the document, and of variables', async () => {
  await expectRefusal(levels(21), 'depth');
  await expectRefusal(nested(10_000, '{a', '{b}', '}'), 'tokens');
  await expectRefusal(`{ a(b: ${nested(20_000, '[', '', ']')}) }`, 'tokens');
  await expectRefusal(`{ a(b: ${nested(9000, '{a:', '1', '}')}) }`, 'tokens');

  const calls = wechat.calls.length;
  const body = (n: number) =>
    `{"query":${JSON.stringify(mutation(LOGIN))},"variables":{"input":${nested(n, '[', '', ']')}}}`;
  expect((await post(body(100_000))).statusCode).toBe(413);
  const answer = await post(body(30_000));
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toEqual([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]);
  expect(wechat.calls.length).toBe(calls);
});

test('fragment bombs and circles of fragments cost no more than their text', async () => {
  const bomb = (doublings: number) =>
    `{ ...f0 } ${times(doublings, (n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`)} fragment f${doublings} on Query { ${NAME} }`;
  const circle = (n: number) =>
    `${'\n'.repeat(900)}{ ...f0 } ${times(n, (index) => `fragment f${index} on Query { ...f${(index + 1) % n} }`)}`;
  const started = process.cpuUsage();
  // Walked spread by spread, this takes seconds.
  await expectRefusal(bomb(20), 'fields');
  for (const n of [1, 2, 100]) {
    const answer = await ask(circle(n));
    expect(answer).toMatchObject({ status: 400, code: VALIDATE });
    expect(answer.messages[0]).toMatch(/^Cannot spread fragment "f0" within itself/);
  }
  await expectRefusal(`{ ${times(20, `... on Query { ${times(21, NAME)} }`)} }`, 'fields');
  await expectRefusal(`{ ${times(40, `... on Query { ${times(40, NAME)} }`)} }`, 'tokens');
  const { user, system } = process.cpuUsage(started);
  expect(user + system).toBeLessThan(2_000_000);
});

test('duplicate fields and directives are refused by their number', async () => {
  await expectRefusal(`{ ${times(500, NAME)} }`, 'fields');
  await expectRefusal(`{ ${times(3000, NAME)} }`, 'tokens');
  await expectRefusal(`{ ${NAME} ${times(51, '@skip(if: false)')} }`, 'directives');
  await expectRefusal(`{ ${NAME} ${times(450, '@a')} }`, 'directives');
  await expectRefusal(`{ ${NAME} ${times(3000, '@a')} }`, 'tokens');
  await expectRefusal(`query ($a: Int ${times(51, '@a')}) { ${NAME} }`, 'directives');
});

test('tokens, lines, size and variables are refused by their number', async () => {
  const long = 'x'.repeat(1024 * 1024);
  for (const query of [`query ${long} { ${NAME} }`, `{ a(b: "${long}") }`]) {
    expect(await ask(query)).toMatchObject({ status: 413, code: 'BAD_REQUEST' });
  }
  await expectRefusal(`query (${times(1000, (index) => `$a${index}: Int`)}) { ${NAME} }`, 'tokens');
  await expectRefusal(`{ ${'\n'.repeat(1000)} ${NAME} }`, 'lines');
});

test('a document or variables with many faults are answered with five of them', async () => {
  const document = await ask(`{ ${times(300, (index) => `a${index}`)} }`);
  expect(document).toMatchObject({ status: 400, code: VALIDATE });
  expect(document.messages).toHaveLength(6);
  expect(document.messages[5]).toBe('Too many validation errors, error limit reached. Validation aborted.');

  const input = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`a${index}`, index]));
  const variables = await gateway.graphql(mutation(LOGIN), { variables: { input } });
  expect(variables).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  expect(variables.body.errors).toHaveLength(6);
});
