#!/usr/bin/env node
import { checkConfig } from './check-config.js';
import { fetchCode } from './fetch-code.js';
import { start } from './start.js';

/** Every command: what it does, and the process's exit status. A status of null leaves the process running. */
const commands: Readonly<Record<string, { doc: string; run(args: string[]): Promise<number | null> | number | null }>> =
  {
    start: { doc: 'serve (the default)', run: start },
    code: { doc: 'print a fresh code of a test user of the running simulator: menjin code alice', run: fetchCode },
    'check-config': {
      doc: 'say what is wrong with the configuration, or what would run',
      run: () => checkConfig(print),
    },
    help: { doc: 'this', run: printUsage },
  };

/** As options of any command: npm start -- --help arrives behind `start`. */
const SYNONYMS: Readonly<Record<string, string>> = { '--check-config': 'check-config', '--help': 'help' };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function usage(): string {
  const rows = Object.entries(commands).map(([name, { doc }]) => `  ${name.padEnd(14)} ${doc}`);
  return [
    'menjin <command>',
    '',
    ...rows,
    '',
    'Settings come from the environment and a .env file: docs/configuration.md',
  ].join('\n');
}

function printUsage(): number {
  print(usage());
  return 0;
}

async function main([name = 'start', ...args]: string[]): Promise<number | null> {
  const asked = [name, ...args].find((argument) => SYNONYMS[argument] !== undefined) ?? name;
  const command = commands[SYNONYMS[asked] ?? asked];
  if (command !== undefined) return command.run(args);
  process.stderr.write(`There is no command of that name.\n\n${usage()}\n`);
  return 2;
}

const status = await main(process.argv.slice(2));
if (status !== null) process.exitCode = status;
