import type { Command } from './command.js';

const INDENT = 29;

/** Fits a screen of 80 columns and 24 lines. */
export function helpText(commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).flatMap(([name, { usage, doc }]) => {
    const call = `  menjin ${name}${usage === '' ? '' : ` ${usage}`}`;
    const [first = '', ...others] = doc;
    return [`${call.padEnd(INDENT)} ${first}`, ...others.map((line) => `${' '.repeat(INDENT)} ${line}`)];
  });
  return [
    'Usage: menjin <command>. Without a command it starts the gateway.',
    '',
    ...rows,
    '',
    'Settings: environment variables, or lines of .env: see docs/configuration.md.',
  ].join('\n');
}
