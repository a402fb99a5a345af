import './check-node.mjs';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { minify } from '@swc/core';
import * as esbuild from 'esbuild';
import { keepFresh } from './generated-file.mjs';

// Makes miniprogram_dist/ of clients/miniprogram: one file of code, and one of its types. What is committed of it, in the
// example and for the development page, is written, too; `--check` only says whether that is fresh. `--out` is another
// folder, and that alone.

const root = fileURLToPath(new URL('..', import.meta.url));
const client = path.join(root, 'clients', 'miniprogram');
/** What phones run that are still in use. Tests build for older ones, too. */
const SHIPPED = 'es2018';
const { out, target, check } = parseArgs({
  options: {
    out: { type: 'string' },
    target: { type: 'string', default: SHIPPED },
    check: { type: 'boolean', default: false },
  },
}).values;

const SIZE_LIMIT_BYTES = 6 * 1024;

/** Names between our own files, which nobody outside sees. */
const PRIVATE_NAMES = /^(chance|checkpoint|failure|forget|getToken|logOut|nowMs|readToken|response|waitMs|writeToken)$/;

/** Those whose every export is public, in the order of their declarations. */
const PUBLIC_FILES = ['api', 'menjin-error', 'create-client', 'fetch', 'platforms'];

async function bundle() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(client, 'src', 'index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target,
    charset: 'utf8',
  });
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    compress: { ecma: 2018, passes: 4, toplevel: true, keep_fargs: false },
    mangle: { toplevel: true, props: { regex: PRIVATE_NAMES.source } },
    format: { ecma: 2018 },
  });
  return `"use strict";${commonJs(code)}\n`;
}

/** Shorter than what bundlers write, and read by those that look for names in the text. */
function commonJs(code) {
  const [ending, list] = /export\{([^}]+)\};?$/.exec(code);
  const names = list.split(',').map((each) => each.split(' as '));
  const exported = names.map(([local, name = local]) => `exports.${name}=${local};`).join('');
  return `${code.slice(0, -ending.length)}${exported}`;
}

/** One file, without an import: what is imported is in it. */
function declarations() {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-client-'));
  try {
    const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', folder];
    execFileSync(process.execPath, [compiler, '-p', client, ...emit], { stdio: ['ignore', 'inherit', 'inherit'] });
    const texts = PUBLIC_FILES.map((name) => readFileSync(path.join(folder, `${name}.d.ts`), 'utf8'));
    return `${texts.join('').replace(/^import .*\r?\n/gm, '')}export {};\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As browsers load it. */
function browserModule(code) {
  const names = [...code.matchAll(/\bexports\.(\w+)=/g)].map(([, name]) => name);
  return `// What clients/miniprogram ships, by npm run build:client.\nconst exports = {};\n${code}export const { ${names.join(', ')} } = exports;\n`;
}

const code = await bundle();
const bytes = Buffer.byteLength(code);
console.log(`@menjin/miniprogram: ${bytes} of ${SIZE_LIMIT_BYTES} bytes`);
if (target === SHIPPED && bytes > SIZE_LIMIT_BYTES) process.exitCode = 1;

const folder = out ?? path.join(client, 'miniprogram_dist');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'index.js'), code);
writeFileSync(path.join(folder, 'index.d.ts'), declarations());

if (out === undefined) {
  const how = { isCheck: check, command: 'npm run build:client' };
  keepFresh('examples/miniprogram/miniprogram_npm/@menjin/miniprogram/index.js', code, how);
  keepFresh('src/http/pages/assets/miniprogram.js', browserModule(code), how);
}
