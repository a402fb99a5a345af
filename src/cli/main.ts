#!/usr/bin/env node
import { parseArguments, UsageError } from './arguments.js';
import type { Command } from './command.js';
import { helpText } from './help.js';

/** Imported when they are asked for: the help needs no GraphQL, and the simulator no store. */
const commands: Readonly<Record<string, Command>> = {
  start: {
    usage: '',
    doc: ['Serves until Ctrl-C. Without WeChat credentials', 'a simulated WeChat stands in.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./start.js')).start(),
  },
  code: {
    usage: '[user]',
    doc: [
      'Prints what wx.login gives the phone of a test',
      'user: alice, if none is named. Asks the gateway',
      'or simulator on PORT, or on --port <number>.',
      '--app <appid> is for one app of several;',
      '--fault <name> makes the login fail: busy, slow.',
    ],
    options: ['port', 'app', 'fault'],
    maxWords: 1,
    run: async (given) => (await import('./fetch-code.js')).fetchCode(given),
  },
  simulate: {
    usage: '',
    doc: [
      'Runs a simulated WeChat alone, for a gateway in',
      'another process, and prints the settings for it.',
      '--port <number> (4100), --appid <appid> and',
      '--secret <secret> choose what it answers to.',
    ],
    options: ['port', 'appid', 'secret'],
    maxWords: 0,
    run: async (given) => (await import('./simulate.js')).simulate(given),
  },
  'check-config': {
    usage: '',
    doc: ['Says what is wrong with the settings, or what', 'would run with them. Starts nothing.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./check-config.js')).checkConfig(print),
  },
  schema: {
    usage: '',
    doc: ['Prints the GraphQL schema.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./schema.js')).schema(process.stdout),
  },
  help: {
    usage: '',
    doc: ['Prints this.'],
    options: [],
    maxWords: 1,
    run: () => {
      print(helpText(commands));
      return 0;
    },
  },
};

/** As options of any command: npm start -- --help arrives behind `start`. */
const SYNONYMS: Readonly<Record<string, string>> = { '--check-config': 'check-config', '--help': 'help', '-h': 'help' };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number | null> {
  const synonym = args.map((argument) => SYNONYMS[argument]).find((name) => name !== undefined);
  const [name, behind] = args[0]?.startsWith('-') ? ['start', args] : [args[0] ?? 'start', args.slice(1)];
  const asked = synonym ?? name;
  const command = Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  try {
    if (command === undefined) throw new UsageError(`There is no command of that name.\n\n${helpText(commands)}`);
    return await command.run(parseArguments(asked, synonym === undefined ? behind : [], command));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

const status = await main(process.argv.slice(2));
if (status !== null) process.exitCode = status;
