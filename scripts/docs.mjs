// Writes the pages of docs/ that are made from tables of the built code.
//   node scripts/docs.mjs [--check] [--dist <folder>]
// --check writes nothing and exits 1 when a page is stale.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { configurationPage } from './docs/configuration-page.mjs';
import { errorsPage } from './docs/errors-page.mjs';
import { eventsPage } from './docs/events-page.mjs';
import { keepFresh } from './generated-file.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
  options: { check: { type: 'boolean', default: false }, dist: { type: 'string', default: join(root, 'dist') } },
});

/** Each page, and the modules of the build whose tables it is made from. */
const pages = [
  { path: 'docs/configuration.md', render: configurationPage, modules: ['config.js'] },
  { path: 'docs/events.md', render: eventsPage, modules: ['audit/events.js'] },
  {
    path: 'docs/errors.md',
    render: errorsPage,
    modules: [
      'errors.js',
      'wechat/errcodes.js',
      'wechat/call-errcodes.js',
      'graphql/format-error.js',
      'graphql/limits.js',
      'http/json-error.js',
    ],
  },
];

async function load(module) {
  const file = resolve(flags.dist, module);
  if (existsSync(file)) return import(pathToFileURL(file).href);
  console.error('The docs are made from the built code: run npm run build first.');
  process.exit(1);
}

for (const { path, render, modules } of pages) {
  const tables = Object.assign({}, ...(await Promise.all(modules.map(load))));
  keepFresh(path, render(tables), { isCheck: flags.check, command: 'npm run docs' });
}
