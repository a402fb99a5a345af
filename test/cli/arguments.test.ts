import { describe, expect, test } from '@jest/globals';
import { parseArguments, parsePort, UsageError } from '../../src/cli/arguments.js';

const table = { options: ['port', 'fault'], maxWords: 1 };
const flagged = { options: ['user'], flags: ['json', 'all'], maxWords: 0 };

describe('the arguments of a command', () => {
  test.each([
    [[], { options: {}, words: [] }],
    [['alice'], { options: {}, words: ['alice'] }],
    [['--port', '4100', 'alice'], { options: { port: '4100' }, words: ['alice'] }],
    [['alice', '--port=4100', '--fault', '-1'], { options: { port: '4100', fault: '-1' }, words: ['alice'] }],
    [['--fault=--x'], { options: { fault: '--x' }, words: [] }],
    [['--', '--port'], { options: {}, words: ['--port'] }],
  ])('%j are read as %j', (args, expected) => {
    expect(parseArguments('code', args, table)).toEqual({ ...expected, flags: new Set() });
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

  test('flags take no value, and may be given twice', () => {
    const given = ['--json', '--user', '-id', '--all', '--json'];
    expect(parseArguments('sessions list', given, flagged)).toEqual({
      options: { user: '-id' },
      flags: new Set(['json', 'all']),
      words: [],
    });
  });

  test.each([
    [['--json=1'], 'The option --json takes no value.'],
    [['--json', 'yes'], 'menjin sessions list takes no such word: see --help.'],
    [['--yes'], 'menjin sessions list has no option --yes. It has: --user, --json, --all.'],
    [['--user', '--x'], 'needs a value: --user <user>. One that begins with -- is written --user=<user>.'],
  ])('where there are flags, %j are refused with a sentence', (args, sentence) => {
    const parse = () => parseArguments('sessions list', args, flagged);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(sentence);
  });

  test('a port is a number that a port can have', () => {
    expect([parsePort('0'), parsePort('65535')]).toEqual([0, 65_535]);
    for (const text of ['', '-1', '65536', '4100x', '0x10', '1e3', ' 1'])
      expect(() => parsePort(text)).toThrow(UsageError);
  });
});
