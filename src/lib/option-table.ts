import type { z } from 'zod';
import { editDistance } from './edit-distance.js';
import { failureCode } from './failure-code.js';

/** One row: what an environment variable means. */
export interface Option {
  /** Read as if it had been given when the variable is unset. null: the value is then null. */
  readonly default: string | null;
  readonly productionDefault?: string;
  /** For the docs, where `default` is null: what happens then. */
  readonly unset?: string;
  readonly parse: z.ZodType<unknown, string>;
  /** Completes "must be". The parser's own messages are never shown: they could quote the value. */
  readonly must: string;
  readonly doc: string;
  readonly example: string;
  /** The value is never shown, and may be given as a file named by `X_FILE`. */
  readonly secret?: true;
}

export type OptionTable = Readonly<Record<string, Option>>;

export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['parse']> | (Table[Name]['default'] extends null ? null : never);
};

/** What is wrong with one setting. Holds nothing of its value. */
export interface ConfigFault {
  readonly name: string;
  readonly reason: string;
  readonly example: string;
}

export interface OptionSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isProduction: boolean;
  /** The text of the file that `X_FILE` names. Throws with a `code`. */
  readFile(path: string): string;
}

export const SECRET_FILE_SUFFIX = '_FILE';
const SECRET_FILE_EXAMPLE = '/run/secrets/menjin';

/** Values by name: null is unset, and a faulty one is left out. */
export function readOptions<Table extends OptionTable>(
  table: Table,
  source: OptionSource,
): { values: Partial<OptionValues<Table>>; faults: ConfigFault[] } {
  const values: Record<string, unknown> = {};
  const faults: ConfigFault[] = [];
  for (const [name, option] of Object.entries(table)) {
    const given = option.secret ? readSecretText(name, source) : { name, text: textOf(name, source) };
    if ('reason' in given) {
      faults.push({ name: given.name, reason: given.reason, example: SECRET_FILE_EXAMPLE });
      continue;
    }
    const text = given.text ?? (source.isProduction ? option.productionDefault : undefined) ?? option.default;
    const parsed = text === null ? null : option.parse.safeParse(text);
    if (parsed === null || parsed.success) values[name] = parsed?.data ?? null;
    else faults.push({ name: given.name, reason: `must be ${option.must}`, example: option.example });
  }
  return { values: values as Partial<OptionValues<Table>>, faults };
}

/** null when unset; the empty string is unset too. */
function textOf(name: string, { env }: OptionSource): string | null {
  return env[name] || null;
}

type GivenText = { name: string; text: string | null } | { name: string; reason: string };

function readSecretText(name: string, source: OptionSource): GivenText {
  const fileName = `${name}${SECRET_FILE_SUFFIX}`;
  const text = textOf(name, source);
  const path = textOf(fileName, source);
  if (path === null) return { name, text };
  if (text !== null) return { name: fileName, reason: `is given together with ${name}: keep one of them` };
  const content = readSecretFile(path, source.readFile);
  return { name: fileName, ...content };
}

/** The secret in a file, without the newline that editors put at its end. */
export function readSecretFile(
  path: string,
  readFile: (path: string) => string,
): { text: string } | { reason: string } {
  try {
    const text = readFile(path).replace(/\r?\n$/, '');
    return text === '' ? { reason: 'names an empty file' } : { text };
  } catch (error) {
    return { reason: `names a file that cannot be read (${failureCode(error)})` };
  }
}

export interface Misspelling {
  readonly name: string;
  readonly meant: readonly string[];
}

/**
 * Names that look like a known one and are none.
 *
 * @param frequent misspellings that are too far off to be found by their letters, without underscores and case
 */
export function findMisspellings(
  names: readonly string[],
  known: readonly string[],
  frequent: Readonly<Record<string, readonly string[]>>,
): Misspelling[] {
  const bare = (name: string) => name.replaceAll('_', '').toLowerCase();
  const candidates = known.map((name) => ({ name, letters: bare(name) }));
  const unknown = names.filter((name) => /^\w{1,64}$/.test(name) && !known.includes(name));
  return unknown.flatMap((name) => {
    const letters = bare(name);
    const meant = Object.hasOwn(frequent, letters) ? frequent[letters] : nearest(letters, candidates);
    return meant === undefined ? [] : [{ name, meant }];
  });
}

const MAX_DISTANCE = 2;
/** Shorter names lie within two letters of too many others. */
const MIN_LETTERS = 6;

function nearest(letters: string, candidates: readonly { name: string; letters: string }[]): string[] | undefined {
  const [best] = candidates
    .map((candidate) => ({ name: candidate.name, distance: distanceBetween(letters, candidate.letters) }))
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .sort((one, other) => one.distance - other.distance);
  return best === undefined ? undefined : [best.name];
}

function distanceBetween(one: string, other: string): number {
  if (one === other) return 0;
  const isComparable =
    Math.min(one.length, other.length) >= MIN_LETTERS && Math.abs(one.length - other.length) <= MAX_DISTANCE;
  return isComparable ? editDistance(one, other) : Number.POSITIVE_INFINITY;
}
