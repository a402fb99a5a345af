import { parseArgs } from 'node:util';

/** What may stand behind the name of a command. */
export interface ArgumentTable {
  /** Every one takes a value: `--port 4100` or `--port=4100`. */
  readonly options: readonly string[];
  /** These take none: `--json`. */
  readonly flags?: readonly string[];
  /** How many words there may be beside them. */
  readonly maxWords: number;
}

export interface Arguments {
  readonly options: Readonly<Record<string, string>>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

/** What was typed is not a command. The message is one sentence for who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError for an option there is not, one without a value, one given twice, and a word too many */
export function parseArguments(command: string, args: readonly string[], table: ArgumentTable): Arguments {
  const { flags: knownFlags = [] } = table;
  // Not strict: its errors are no sentences. The tokens say what was there.
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(table.options.map((name) => [name, { type: 'string' as const }])),
      ...Object.fromEntries(knownFlags.map((name) => [name, { type: 'boolean' as const }])),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options: Record<string, string> = {};
  const flags = new Set<string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (knownFlags.includes(name)) {
      if (value !== undefined) throw new UsageError(`The option ${rawName} takes no value.`);
      flags.add(name);
      continue;
    }
    if (!table.options.includes(name)) throw new UsageError(unknownOption(command, rawName, table));
    if (name in options) throw new UsageError(`The option ${rawName} is given twice: keep one.`);
    // A negative number is a value, another option is none.
    const isMissing = value === undefined || value === '' || (!inlineValue && value.startsWith('--'));
    if (isMissing) throw new UsageError(missingValue(rawName, name, value));
    options[name] = value;
  }
  if (words.length > table.maxWords) throw new UsageError(wordTooMany(command, table));
  return { options, flags, words };
}

/** Ids are random: one in four thousand begins with two dashes. */
function missingValue(rawName: string, name: string, value: string | undefined): string {
  const needs = `The option ${rawName} needs a value: ${rawName} <${name}>.`;
  return value?.startsWith('--') ? `${needs} One that begins with -- is written ${rawName}=<${name}>.` : needs;
}

function unknownOption(command: string, rawName: string, { options, flags = [] }: ArgumentTable): string {
  // It goes to a terminal, where control characters act.
  const typed = rawName.replace(/\p{Cc}+/gu, ' ').slice(0, 40);
  const known = [...options, ...flags].map((name) => `--${name}`).join(', ');
  return `menjin ${command} has no option ${typed}. ${known === '' ? 'It has none but --help: settings are environment variables.' : `It has: ${known}.`}`;
}

function wordTooMany(command: string, { maxWords }: ArgumentTable): string {
  return maxWords === 0
    ? `menjin ${command} takes no such word: see --help.`
    : 'One test user at a time: menjin code alice';
}

/** @throws UsageError */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError('The port is a whole number from 0 to 65535.');
  return port;
}
