import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { searchForSecrets, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const CANARY = 'CANARYvalue';
const PARSE = 'GRAPHQL_PARSE_FAILED';
const VALIDATE = 'GRAPHQL_VALIDATION_FAILED';
const INPUT = 'BAD_USER_INPUT';

let wechat: StandInWechat;
let gateway: TestGateway;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
});

afterAll(async () => {
  searchForSecrets('the log', JSON.stringify(gateway.logLines), [CANARY]);
  searchForSecrets('a metric', await gateway.running.metricsText(), [CANARY]);
  await gateway.close();
  await wechat.close();
});

const login = (input: string) => `mutation { login(input: ${input}) { token } }`;
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }';

async function expectRefusal(query: string, variables: unknown, code: string): Promise<string> {
  const calls = wechat.calls.length;
  const answer = await gateway.graphql(query, variables === undefined ? {} : { variables });
  expect({ status: answer.status, code: answer.code }).toEqual({ status: 400, code });
  const text = JSON.stringify([answer.body, answer.headers]);
  searchForSecrets('an answer', text, [CANARY]);
  expect(wechat.calls.length).toBe(calls);
  return answer.body.errors[0].message;
}

describe('a document that is refused never comes back with its values', () => {
  const rows: [title: string, query: string, code: string][] = [
    ['a string where an object is due', login(`"${CANARY}"`), VALIDATE],
    ['a block string where an object is due', login(`"""${CANARY}"""`), VALIDATE],
    ['a name where an object is due', login(CANARY), VALIDATE],
    ['a list', login(`["${CANARY}"]`), VALIDATE],
    ['an object where a string is due', login(`{ code: { ${CANARY}: "${CANARY}" } }`), VALIDATE],
    ['an enum where a string is due', login(`{ code: ${CANARY} }`), VALIDATE],
    ['an unknown input field', login(`{ code: "a", ${CANARY}: 1 }`), VALIDATE],
    ['an input field given twice', login(`{ code: "a", ${CANARY}: 1, ${CANARY}: 2 }`), VALIDATE],
    ['a string where a boolean is due', `{ __typename @skip(if: "${CANARY}") }`, VALIDATE],
    ['a default of another type', `query ($a: Int = "${CANARY}") { __typename @skip(if: $a) }`, VALIDATE],
    ['an unknown argument with a value', `{ viewer(token: "${CANARY}") { openid } }`, VALIDATE],
    ['a string in the place of a field', `{ "${CANARY}" }`, PARSE],
    ['a string in the place of a field that begins like punctuation', `{ "}" "${CANARY}" }`, PARSE],
    ['a string that has punctuation and quotes in it', `{ "}\\" ${CANARY}" }`, PARSE],
    ['a block string that has quotes in it', `{ """}" ":" "${CANARY}""" }`, PARSE],
    ['a string without an end', login(`{ code: "${CANARY}`), PARSE],
    ['an unknown escape in a string', login(`{ code: "${CANARY}\\x" }`), PARSE],
    ['a broken Unicode escape', login(`{ code: "${CANARY}\\uZZZZ" }`), PARSE],
    ['a lone surrogate', login(`{ code: "${CANARY}\\uD800" }`), PARSE],
    ['a number with letters', login(`{ code: 1${CANARY} }`), PARSE],
    ['single quotes', login(`{ code: '${CANARY}' }`), PARSE],
    ['a control character', `{ __typename \u0000 ${CANARY} }`, PARSE],
    ['a name in the place of an operation', CANARY, PARSE],
    ['a name behind the document', `{ __typename } ${CANARY}`, PARSE],
  ];
  test.each(rows)('%s', async (_title, query, code) => {
    await expectRefusal(query, undefined, code);
  });
});

describe('variables that are refused never come back', () => {
  const rows: [title: string, input: unknown][] = [
    ['a string where an object is due', CANARY],
    ['a list', [CANARY]],
    ['an object where a string is due', { code: { [CANARY]: CANARY } }],
    ['a list where a string is due', { code: [CANARY] }],
    ['a number where a string is due', { code: 1, appid: CANARY }],
    ['an unknown field', { code: 'a', [CANARY]: CANARY }],
    ['a field of every object', { code: 'a', ['__proto__']: CANARY, constructor: CANARY }],
    ['a missing field beside a value', { appid: CANARY }],
    ['null for a required field beside a value', { code: null, appid: CANARY }],
    ['nothing', undefined],
    ['more faults than are counted', Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`${CANARY}${n}`, n]))],
  ];
  test.each(rows)('%s', async (_title, input) => {
    await expectRefusal(LOGIN, { input }, INPUT);
  });

  test('null, where a default made the variable look safe', async () => {
    const query = `mutation ($input: LoginInput = { code: "${CANARY}" }) { login(input: $input) { token } }`;
    await expectRefusal(query, { input: null }, INPUT);
  });

  test('null for a directive, where a default made the variable look safe', async () => {
    await expectRefusal('query ($a: Boolean = true) { __typename @include(if: $a) }', { a: null }, INPUT);
  });
});

describe('a name that is longer than names are does not come back', () => {
  const long = `mj_${'abcdefgh_1'.repeat(4)}XYZ`;
  const rows: [title: string, query: string][] = [
    ['a field', `{ ${long} }`],
    ['a type', `{ ... on ${long} { __typename } }`],
    ['an argument', `{ viewer(${long}: 1) { openid } }`],
    ['a directive', `{ __typename @${long} }`],
    ['a variable', `{ __typename @skip(if: $${long}) }`],
    ['a fragment', `{ ...${long} }`],
    ['an alias', `{ viewer { ${long}: openid ${long}: appid } }`],
    ['an operation', `query ${long} { __typename } query ${long} { __typename }`],
  ];
  test.each(rows)('%s', async (_title, query) => {
    const message = await expectRefusal(query, undefined, VALIDATE);
    expect(message).not.toContain(long.slice(0, 12));
    expect(message).toContain('...');
  });

  test('a variable that gets a wrong value', async () => {
    const query = `mutation ($${long}: LoginInput!) { login(input: $${long}) { token } }`;
    expect(await expectRefusal(query, { [long]: 1 }, INPUT)).toBe(
      'Variable "$..." got a value that is not of its type.',
    );
  });
});

describe('a document as deep as a body can be', () => {
  const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
  const rows: [title: string, query: string][] = [
    ['selections', `{ viewer ${deep('{ user ', '}', 7000)} }`],
    ['lists', login(`{ code: ${deep('[', ']', 30_000)} }`)],
    ['objects', login(deep('{ a: ', '}', 9000))],
    ['types', `query ($a: ${deep('[', ']', 30_000)}) { __typename }`],
  ];
  test.each(rows)('is refused: %s', async (_title, query) => {
    const answer = await gateway.graphql(query);
    expect(answer.status).toBe(400);
    // How deep the parser gets is the machine's.
    expect([PARSE, VALIDATE]).toContain(answer.code);
  });
});

describe('a refusal still helps', () => {
  const rows: [query: string, variables: unknown, code: string, message: RegExp][] = [
    ['{ viewr { openid } }', undefined, VALIDATE, /Cannot query field "viewr" on type "Query"/],
    ['{ viewer { openid }', undefined, PARSE, /^Syntax Error: Expected Name, found <EOF>\.$/],
    ['{ viewer [ }', undefined, PARSE, /^Syntax Error: Expected Name, found "\["\.$/],
    ['{ viewer(', undefined, PARSE, /^Syntax Error: Expected Name, found <EOF>\.$/],
    ['{ viewer(a 1', undefined, PARSE, /^Syntax Error: Expected ":", found Int\.$/],
    ['{ viewer % }', undefined, PARSE, /^Syntax Error: Unexpected character\.$/],
    ['{ viewer { openid } } 12', undefined, PARSE, /^Syntax Error: Unexpected Int\.$/],
    [LOGIN, { input: {} }, INPUT, /^Variable "\$input" got a value that is not of its type\.$/],
    [LOGIN, {}, INPUT, /^Variable "\$input" of required type "LoginInput!" was not provided\.$/],
  ];
  test.each(rows)('%s', async (query, variables, code, message) => {
    expect(await expectRefusal(query, variables, code)).toMatch(message);
  });
});

test('a document that fails names its place', async () => {
  const answer = await gateway.graphql('{\n  "x"\n}');
  expect(answer.body.errors[0].locations).toEqual([{ line: 2, column: 3 }]);
});
