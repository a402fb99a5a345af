import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { recordedRefusals, recordedSessions } from '../suites/recorded-answers.js';
import { exchangeUrl, start } from './ask.js';

/** Which fields there are, in which order and of which types; of an errmsg the words too, without its tail. */
function formOf(text: string): unknown[] {
  const fields = Object.entries(JSON.parse(text) as Record<string, unknown>);
  expect(JSON.stringify(Object.fromEntries(fields))).toBe(text);
  return fields.map(([name, value]) => [name, typeof value, name === 'errmsg' ? wordsOf(value) : lengthOf(value)]);
}

/** The tail is of one of two kinds; newer answers have a rid. */
function wordsOf(errmsg: unknown): string {
  return String(errmsg).replace(
    / (hints: \[ req_id: [\w-]{16} \]|rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})$/,
    ' <tail>',
  );
}

function lengthOf(value: unknown): number | null {
  return typeof value === 'string' ? value.length : null;
}

async function answerOf(simulator: Simulator, code: string, changes = {}): Promise<string> {
  const response = await fetch(exchangeUrl(simulator, code, changes));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain']);
  return response.text();
}

describe('an answer of the simulator has the form of a recorded one:', () => {
  test.each([
    ['a session', 'alice', recordedSessions['without an errcode']],
    ['a session with a unionid', 'carol', recordedSessions['with a unionid']],
  ])('%s', async (_name, user, recorded) => {
    const simulator = await start();
    expect(formOf(await answerOf(simulator, simulator.code(user)))).toEqual(formOf(recorded));
  });

  test('40163', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    await answerOf(simulator, code);
    expect(formOf(await answerOf(simulator, code))).toEqual(formOf(recordedRefusals[40163]));
  });

  test.each([
    [40029, {}],
    [41002, { appid: null }],
    [40013, { appid: 'wx0000000000000000' }],
  ] as const)('%i', async (errcode, changes) => {
    const simulator = await start();
    expect(formOf(await answerOf(simulator, 'x', changes))).toEqual(formOf(recordedRefusals[errcode]));
  });

  test('an errcode that was ordered ends in a rid too', async () => {
    const simulator = await start();
    const { faults } = (await (await fetch(`${simulator.url}/simulator`)).json()) as { faults: unknown[] };
    const errcodes = faults.filter((fault) => typeof fault === 'number');
    expect(errcodes).toEqual(expect.arrayContaining([-1, 40029, 40163, 40226, 45011, 40013, 40125, 48001, 50002]));
    for (const errcode of errcodes) {
      const text = await answerOf(simulator, simulator.code('alice', { fault: errcode }));
      expect(formOf(text)).toEqual([
        ['errcode', 'number', null],
        ['errmsg', 'string', expect.stringMatching(/ <tail>$/)],
      ]);
      expect(JSON.parse(text).errcode).toBe(errcode);
    }
  });
});
