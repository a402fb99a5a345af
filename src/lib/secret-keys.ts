import { splitList } from './list.js';

const KEY_BYTES = 32;

/**
 * A comma-separated list of base64 keys of 32 bytes each, in the standard or the URL alphabet, padded or not.
 *
 * @returns null when one is anything else, or stands twice.
 */
export function parseSecretKeys(text: string): Uint8Array[] | null {
  const keys = splitList(text).map(parseSecretKey);
  const parsed = keys.filter((key) => key !== null);
  const distinct = new Set(parsed.map((key) => key.toString('base64')));
  return distinct.size === keys.length ? parsed : null;
}

function parseSecretKey(text: string): Buffer | null {
  const isStandard = /^[A-Za-z0-9+/]{43}=?$/.test(text);
  const isUrl = /^[A-Za-z0-9_-]{43}=?$/.test(text);
  if (!isStandard && !isUrl) return null;
  const key = Buffer.from(text, 'base64');
  // Node ignores stray bits in the last letter: two spellings of one key would be two keys to a reader.
  const isCanonical = key.toString(isUrl ? 'base64url' : 'base64').slice(0, 43) === text.slice(0, 43);
  return key.length === KEY_BYTES && isCanonical ? key : null;
}
