import { failureCode } from './failure-code.js';

/** What a file of JSON holds, or why it cannot be had, to go after the name of the setting that names the file. */
export function readJsonFile(path: string, readFile: (path: string) => string): { json: unknown } | { reason: string } {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return { reason: `names a file that cannot be read (${failureCode(error)})` };
  }
  try {
    return { json: JSON.parse(text) };
  } catch {
    // The parser's message quotes the text around the fault.
    return { reason: 'names a file that is not JSON' };
  }
}
