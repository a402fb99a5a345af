import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import { createLog, describeCause, logFailure } from '../../src/observe/log.js';
import { captureLog } from '../support/log-capture.js';

const SECRET = 'CANARY-in-an-error';

function capture() {
  const { destination, text, lines } = captureLog();
  return { log: createLog('trace', destination), text, lines };
}

class DriverError extends Error {
  readonly command = SECRET;
  readonly code = SECRET;
}

const secretErrors: [title: string, error: unknown][] = [
  ['an Error', new Error(SECRET)],
  ['a class of somebody else', new DriverError(SECRET)],
  ['a TypeError', new TypeError(`Cannot use 'in' operator to search for 'x' in ${SECRET}`)],
  ['a RangeError', new RangeError(`Invalid time zone specified: ${SECRET}`)],
  ['a SyntaxError', new SyntaxError(`Unexpected token in ${SECRET}`)],
  ['an AggregateError', new AggregateError([new Error(SECRET)], SECRET)],
  ['an error with a cause', new Error('x', { cause: new Error(SECRET) })],
  ['an error with properties', Object.assign(new Error('x'), { token: SECRET, code: SECRET, url: SECRET })],
  ['an error with a name', Object.assign(new Error('x'), { name: SECRET })],
  ['an error whose message looks like a stack', new Error(`x\n    at ${SECRET} (file:///a.js:1:1)\n    at b`)],
  ['an error that was given another message', Object.assign(new Error(SECRET), { message: 'x' })],
  ['a string', SECRET],
  ['an object', { message: SECRET, stack: `    at ${SECRET} (a:1:1)` }],
];

describe('the line of a failure', () => {
  test.each(secretErrors)('says nothing that %s says', (_title, error) => {
    const { log, text, lines } = capture();
    logFailure(log, 'INTERNAL_SERVER_ERROR', error, { requestId: 'r1' });
    logFailure(log, 'BAD_REQUEST', error, { requestId: 'r2' });
    logFailure(log, 'SERVICE_UNAVAILABLE', new AppError('SERVICE_UNAVAILABLE', { cause: error }), { requestId: 'r3' });
    logFailure(log, 'INTERNAL_SERVER_ERROR', new AppError('INTERNAL_SERVER_ERROR', { cause: error }), {});
    expect(text()).not.toContain(SECRET);
    expect(lines().map((line) => line.causeClass)).toEqual(Array(4).fill(expect.stringMatching(/^\w+$/)));
  });

  test('says where an unexpected failure came from', () => {
    const { log, lines } = capture();
    logFailure(log, 'INTERNAL_SERVER_ERROR', new Error('x'), { requestId: 'r1', operation: 'query' });
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 50,
        msg: 'failed',
        requestId: 'r1',
        operation: 'query',
        code: 'INTERNAL_SERVER_ERROR',
        causeClass: 'Error',
        stack: expect.arrayContaining([expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+\)?$/)]),
      }),
    ]);
  });

  test('says where an unexpected failure came from, when one of ours wraps it', () => {
    const { log, lines } = capture();
    const error = new AppError('INTERNAL_SERVER_ERROR', { cause: new Error('x') });
    logFailure(log, 'INTERNAL_SERVER_ERROR', error, {});
    expect(lines()).toEqual([
      expect.objectContaining({
        causeClass: 'Error',
        stack: expect.arrayContaining([expect.stringContaining('log.test.ts')]),
      }),
    ]);
  });

  test('has what an operator searches by, and the reason', () => {
    const { log, lines } = capture();
    const error = new AppError('CODE_INVALID', { reason: 'USED', detail: 'the row is over', log: { errcode: 40163 } });
    logFailure(log, 'CODE_INVALID', error, { requestId: 'r1' });
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 30,
        msg: 'refused',
        code: 'CODE_INVALID',
        reason: 'USED',
        detail: 'the row is over',
        errcode: 40163,
        causeClass: 'AppError',
      }),
    ]);
  });

  const levels: [title: string, error: AppError, level: number, msg: string][] = [
    ['a refusal is information', new AppError('UNAUTHENTICATED'), 30, 'refused'],
    ['an outage is a warning', new AppError('SERVICE_UNAVAILABLE'), 40, 'unavailable'],
    [
      'what an operator must act on is an error',
      new AppError('INTERNAL_SERVER_ERROR', { alarm: true }),
      50,
      'misconfigured',
    ],
  ];
  test.each(levels)('%s', (_title, error, level, msg) => {
    const { log, lines } = capture();
    logFailure(log, error.code, error, {});
    expect(lines()).toEqual([expect.objectContaining({ level, msg })]);
  });
});

describe('the description of a cause', () => {
  test('has the code of a failed call', () => {
    const error = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED', address: SECRET });
    expect(describeCause(error)).toEqual({ causeClass: 'Error', causeCode: 'ECONNREFUSED' });
  });

  test('is of nothing when there is no error', () => {
    expect(describeCause(undefined)).toEqual({ causeClass: null });
  });
});

test('names of secrets are blanked in every line', () => {
  const { log, text } = capture();
  log.info(
    { token: SECRET, headers: { authorization: SECRET, cookie: SECRET }, a: { b: { session_key: SECRET } } },
    'x',
  );
  expect(text()).toContain('[redacted]');
  expect(text()).not.toContain(SECRET);
});
