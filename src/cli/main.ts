#!/usr/bin/env node
import { parseArguments, UsageError } from './arguments.js';
import type { Action, Command } from './command.js';
import { commands } from './commands.js';
import { helpText } from './help.js';

/** As options of any command: npm start -- --help arrives behind `start`. */
const SYNONYMS: Readonly<Record<string, string>> = { '--check-config': 'check-config', '--help': 'help', '-h': 'help' };

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
