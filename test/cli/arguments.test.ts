import { describe, expect, test } from '@jest/globals';
import { parseArguments, parsePort, UsageError } from '../../src/cli/arguments.js';

const table = { options: ['port', 'fault'], maxWords: 1 };

describe('the arguments of a command', () => {
  test.each([
    [[], { options: {}, words: [] }],
    [['alice'], { options: {}, words: ['alice'] }],
    [['--port', '4100', 'alice'], { options: { port: '4100' }, words: ['alice'] }],
    [['alice', '--port=4100', '--fault', '-1'], { options: { port: '4100', fault: '-1' }, words: ['alice'] }],
    [['--fault=--x'], { options: { fault: '--x' }, words: [] }],
    [['--', '--port'], { options: {}, words: ['--port'] }],
  ])('%j are read as %j', (args, expected) => {
    expect(parseArguments('code', args, table)).toEqual(expected);
  });

  test.each([
    [['--prot', '1'], 'menjin code has no option --prot. It has: --port, --fault.'],
    [['-p', '1'], 'menjin code has no option -p. It has: --port, --fault.'],
    [['--__proto__=1'], 'menjin code has no option --__proto__. It has: --port, --fault.'],
    [['--port'], 'The option --port needs a value: --port <port>.'],
    [['--port='], 'The option --port needs a value: --port <port>.'],
    [['--port', '--fault', 'busy'], 'The option --port needs a value: --port <port>.'],
    [['--port', '1', '--port=2'], 'The option --port is given twice: keep one.'],
    [['alice', 'bob'], 'One test user at a time: menjin code alice'],
    [['--\u001b[2J'], 'menjin code has no option -- [2J. It has: --port, --fault.'],
  ])('%j are refused with a sentence', (args, sentence) => {
    const parse = () => parseArguments('code', args, table);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(sentence);
  });

  test('a port is a number that a port can have', () => {
    expect([parsePort('0'), parsePort('65535')]).toEqual([0, 65_535]);
    for (const text of ['', '-1', '65536', '4100x', '0x10', '1e3', ' 1'])
      expect(() => parsePort(text)).toThrow(UsageError);
  });
});
