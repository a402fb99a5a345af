import { readFileSync } from 'node:fs';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** All there are. A request names one of them or gets nothing. */
const names = [
  'menjin.svg',
  'site.css',
  'home.css',
  'home.js',
  'phone.css',
  'phone.js',
  'experiments.js',
  'handset.js',
  'journal.js',
  'login-story.js',
  'miniprogram.js',
  'outcome.js',
  'page.js',
  'simulated-phone.js',
  'steps.js',
  'what-client-did.js',
  'wire-log.js',
  'wire.js',
  'wx.js',
] as const;

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Reads them from beside this module.
 *
 * @throws Error (`ENOENT`) when one is missing: the build did not copy it
 */
export function loadAssets(): ReadonlyMap<string, Asset> {
  return new Map(
    names.map((name) => [
      name,
      { type: TYPES[path.extname(name)] ?? '', body: readFileSync(new URL(`./assets/${name}`, import.meta.url)) },
    ]),
  );
}
