import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';

const MENJIN = new URL('..', import.meta.url).href;
// Also one without a file: what the language itself makes quotes the value, as JSON.parse does.
const FIRST_FRAME = /^ {4}at (?:.*\()?(.+?)(?::\d+:\d+)?\)?$/m;

/**
 * For a log line: the message of an error that was made in somebody's own resolver or route, which is what they want to
 * read first. Errors of menjin and of packages have none: theirs may quote what was sent, or name a store with its password.
 */
export function ownMessageField(error: unknown): { ownMessage?: string } {
  if (!types.isNativeError(error) || typeof error.stack !== 'string') return {};
  const place = FIRST_FRAME.exec(error.stack.replace(error.message, ''))?.[1] ?? '';
  const url = isAbsolute(place) ? pathToFileURL(place).href : place;
  const isOwn = url.startsWith('file:') && !url.startsWith(MENJIN) && !url.includes('/node_modules/');
  return isOwn ? { ownMessage: error.message } : {};
}
