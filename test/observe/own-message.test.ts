import { describe, expect, test } from '@jest/globals';
import { GraphQLError, parse } from 'graphql';
import { AppError } from '../../src/errors.js';
import { requireViewer } from '../../src/index.js';
import { parseDuration } from '../../src/lib/duration.js';
import { ownMessageField } from '../../src/observe/own-message.js';

const SECRET = 'CANARY-in-a-message';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

class OutOfCups extends Error {
  override readonly name = 'OutOfCups';
}

describe('the message is given', () => {
  const rows: [what: string, error: unknown, message: string][] = [
    ['of an error made here', new Error('no cup'), 'no cup'],
    ['of a class of somebody', new OutOfCups('no cup'), 'no cup'],
    ['of a GraphQLError made here', new GraphQLError('no cup'), 'no cup'],
    ['of several lines', new Error('no cup\n    at all'), 'no cup\n    at all'],
    [
      'of what the language refuses',
      thrownBy(() => (undefined as unknown as { cup: 1 }).cup),
      expect.any(String) as never,
    ],
  ];
  test.each(rows)('%s', (_, error, message) => {
    expect(ownMessageField(error)).toEqual({ ownMessage: message });
  });

  test('of an error made in a callback of the language', () => {
    const error = thrownBy(() =>
      ['a cup'].map(() => {
        throw new Error('no cup');
      }),
    );
    expect(ownMessageField(error)).toEqual({ ownMessage: 'no cup' });
  });

  test('of an error made after an await', async () => {
    const later = async () => {
      await Promise.resolve();
      throw new Error('no cup');
    };
    const error = await later().catch((reason: unknown) => reason);
    expect(ownMessageField(error)).toEqual({ ownMessage: 'no cup' });
  });
});

describe('the message is not given', () => {
  const rows: [what: string, error: unknown][] = [
    ['of an error of a package', thrownBy(() => parse(`{ ${SECRET}`))],
    ['of an error of menjin', thrownBy(() => requireViewer({ viewer: null }))],
    ['of what JSON.parse refuses, which it quotes', thrownBy(() => JSON.parse(SECRET))],
    ['of what BigInt refuses, which it quotes', thrownBy(() => BigInt(SECRET))],
    ['of an error of Node', thrownBy(() => new URL(SECRET))],
    ['of an error without a stack', Object.assign(new Error(SECRET), { stack: undefined })],
    ['of a text', SECRET],
    ['of an object that looks like an error', { message: SECRET, stack: new Error(SECRET).stack }],
    ['of nothing', undefined],
    [
      'of an error whose message looks like a place',
      Object.assign(thrownBy(() => parse(`{ ${SECRET}`)) as Error, {
        message: `x\n    at here (${import.meta.url}:1:1)`,
      }),
    ],
  ];
  test.each(rows)('%s', (_, error) => {
    expect(ownMessageField(error)).toEqual({});
  });
});

test('an AppError made by somebody says what it tells the client', () => {
  expect(ownMessageField(new AppError('FORBIDDEN', { detail: SECRET }))).toEqual({
    ownMessage: 'The viewer may not do this.',
  });
  expect(parseDuration('x')).toBeNull();
});
