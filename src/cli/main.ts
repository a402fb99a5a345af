#!/usr/bin/env node
import { parseArguments, UsageError } from './arguments.js';
import type { Action, Command } from './command.js';
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
  sessions: {
    usage: 'list|revoke|reconcile',
    doc: ['Of a person: --user <id>, --openid <id>;', 'of all: revoke --all, reconcile after a backup.'],
    actions: {
      list: {
        usage: '--user <id> | --openid <openid> [--appid <appid>] [--json]',
        options: ['user', 'openid', 'appid'],
        flags: ['json'],
        maxWords: 0,
        run: async (given) => (await import('./list-sessions.js')).listSessions(given, streams()),
      },
      revoke: {
        usage: '--user <id> | --openid <openid> [--appid <appid>] | --all --yes',
        options: ['user', 'openid', 'appid'],
        flags: ['all', 'yes'],
        maxWords: 0,
        run: async (given) => (await import('./revoke-sessions.js')).revokeSessions(given, streams()),
      },
      reconcile: {
        usage: '[--dry-run]',
        options: [],
        flags: ['dry-run'],
        maxWords: 0,
        run: async (given) => (await import('./reconcile-sessions.js')).reconcileSessions(given, streams()),
      },
    },
  },
  keys: {
    usage: 'status|reseal',
    doc: ['What each key seals; reseals it under the first.'],
    actions: {
      status: {
        usage: '',
        options: [],
        maxWords: 0,
        run: async () => (await import('./keys.js')).keysStatus(streams()),
      },
      reseal: {
        usage: '',
        options: [],
        maxWords: 0,
        run: async () => (await import('./keys.js')).resealKeys(streams()),
      },
    },
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

function streams() {
  return { out: process.stdout, err: process.stderr };
}

/** @throws UsageError with what there is, when the name alone says too little */
function actionOf(name: string, command: Command, behind: readonly string[]) {
  if (!('actions' in command)) return { spoken: name, action: command as Action, behind };
  const [asked = '', ...rest] = behind;
  const action = Object.hasOwn(command.actions, asked) ? command.actions[asked] : undefined;
  if (action !== undefined) return { spoken: `${name} ${asked}`, action, behind: rest };
  const calls = Object.entries(command.actions).map(([each, { usage }]) =>
    `  menjin ${name} ${each} ${usage}`.trimEnd(),
  );
  throw new UsageError([`menjin ${name} does one of these:`, ...calls].join('\n'));
}

async function main(args: readonly string[]): Promise<number | null> {
  const option = args.find((argument) => Object.hasOwn(SYNONYMS, argument));
  const synonym = option === undefined ? undefined : SYNONYMS[option];
  const [name, behind] = args[0]?.startsWith('-') ? ['start', args] : [args[0] ?? 'start', args.slice(1)];
  const asked = synonym ?? name;
  const command = Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  try {
    if (command === undefined) throw new UsageError(`There is no command of that name.\n\n${helpText(commands)}`);
    const { spoken, action, behind: given } = actionOf(asked, command, synonym === undefined ? behind : []);
    return await action.run(parseArguments(spoken, given, action));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

const status = await main(process.argv.slice(2));
if (status !== null) process.exitCode = status;
