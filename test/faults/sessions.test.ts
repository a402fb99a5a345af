import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { hold } from '../support/faults.js';
import { codeOf, freshRequestId } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';
import { answeredFields, operationsOf } from './field-walk.js';

const DAY_MS = 86_400_000;

let two: TwoProcesses;

beforeEach(async () => {
  two = await startTwoProcesses();
});

afterEach(() => two.close());

test('100 requests with a token at the moment of its logout: none that comes after the answer is served', async () => {
  const token = await two.p1.tokenFor(codeOf('alice'));
  // Long enough for every process to write its use down: the write is on its way when the logout comes.
  two.clock.advance(DAY_MS / 2);
  const touch = hold('before');
  for (const call of ['replace', 'set']) two.p1.sessionFaults.plan(call, touch);
  const first = two.p1.viewer(token);
  await touch.arrived;

  let isLoggedOut = false;
  const served: ('before' | 'after')[] = [];
  async function goOn(process: TwoProcesses['p1']): Promise<void> {
    for (;;) {
      const when = isLoggedOut ? 'after' : 'before';
      const answer = await process.viewer(token);
      if (answer.code === 'UNAUTHENTICATED') return;
      expect(answer.body.data.viewer.openid).toBe('alice');
      served.push(when);
      if (when === 'after') return;
    }
  }
  const crowd = Array.from({ length: 100 }, (_, index) => goOn(index % 2 === 0 ? two.p1 : two.p2));
  expect((await two.p2.logout(token)).body).toEqual({ data: { logout: { ended: true } } });
  isLoggedOut = true;
  touch.release();
  await Promise.all([first, ...crowd]);

  expect(served).toContain('before');
  expect(served).not.toContain('after');
  for (const process of [two.p1, two.p2]) expect((await process.viewer(token)).code).toBe('UNAUTHENTICATED');
  expect(await two.countOf('values')).toBe(0);
});

test('a logout is a success for a token that was logged out, has expired, or never was', async () => {
  const token = await two.p1.tokenFor(codeOf('alice'));
  const expired = await two.p1.tokenFor(codeOf('bob'));
  const outcomeOf = async (given: string | null) => {
    const { status, body } = await two.p2.logout(given);
    return { status, ...body };
  };
  expect(await outcomeOf(token)).toEqual({ status: 200, data: { logout: { ended: true } } });
  two.clock.advance(31 * DAY_MS);
  for (const dead of [token, expired, `mj_${'x'.repeat(43)}`, 'nonsense', null]) {
    expect(await outcomeOf(dead)).toEqual({ status: 200, data: { logout: { ended: false } } });
  }
});

test('a login that carries a good token answers another one, and the old one is dead everywhere', async () => {
  for (const options of [{}, { requestId: freshRequestId() }]) {
    for (const openid of ['alice', 'bob']) {
      const old = await two.p1.tokenFor(codeOf('alice'));
      const token = await two.p1.tokenFor(codeOf(openid), { ...options, token: old });
      expect(token).not.toBe(old);
      for (const process of [two.p1, two.p2]) {
        expect((await process.viewer(old)).code).toBe('UNAUTHENTICATED');
        expect((await process.viewer(token)).body.data.viewer.openid).toBe(openid);
      }
    }
  }
});

test('of all fields of all types, those listed as public are the only ones that answer without a token', async () => {
  const listed = readFileSync(new URL('../contract/public-fields.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split(/\r?\n/);
  const schema = buildGatewaySchema();
  const answered = new Set<string>();
  for (const operation of operationsOf(schema, codeOf('alice'))) {
    const { body } = await two.p1.graphql(operation);
    const root = operation.startsWith('query') ? 'Query' : 'Mutation';
    for (const field of answeredFields(schema, root, body.data)) answered.add(field);
  }
  // The walk has seen what a logout answers, and a login with all that is below it.
  for (const field of ['Mutation.logout', 'LoginPayload.token', 'User.id']) expect(answered).toContain(field);
  expect([...answered].filter((field) => !listed.includes(field))).toEqual([]);
});
