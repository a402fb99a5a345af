import { readFileSync } from 'node:fs';

/** Of this package; its file lies above `src/` as above `dist/`. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
