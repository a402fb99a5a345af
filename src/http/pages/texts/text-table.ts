import type { Language } from '../language.js';

/** The same keys in every language, or it does not compile. Backticks mark code, `{braces}` what a script fills in. */
export function textTable<Key extends string>(
  texts: Readonly<Record<Language, Readonly<Record<Key, string>>>>,
): Readonly<Record<Language, Readonly<Record<Key, string>>>> {
  return texts;
}
