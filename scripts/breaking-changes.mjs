// Exits 1 when schema.graphql breaks clients of the last release in a way that CHANGELOG.md does not tell.
// The last release is the last tag v* of this branch; without tags, or without git, what test/contract/schema.base.graphql keeps.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findUntoldBreaks } from './untold-breaks.mjs';

const BASE_FILE = 'test/contract/schema.base.graphql';
const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');

/** What git prints; null when it cannot say. */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? stdout.trimEnd() : null;
}

function lastRelease() {
  const tag = git('describe', '--tags', '--match', 'v*', '--abbrev=0');
  // The dot: when the project lies inside somebody else's repository, that one's tags are not ours.
  const sdl = tag === null ? null : git('show', `${tag}:./schema.graphql`);
  if (sdl === null) return { name: BASE_FILE, sdl: read(BASE_FILE), version: null };
  return { name: tag, sdl, version: tag.slice(1) };
}

const base = lastRelease();
const breaks = findUntoldBreaks(base.sdl, read('schema.graphql'), read('CHANGELOG.md'), base.version);
if (breaks.length === 0) {
  console.log(`schema.graphql breaks nothing of ${base.name} that CHANGELOG.md does not tell.`);
} else {
  const lines = breaks.map(({ coordinate, description }) => `  \`${coordinate}\`: ${description}`);
  console.error(`schema.graphql breaks clients that were written for ${base.name}:
${lines.join('\n')}
Take it back, or tell those who upgrade: name each in CHANGELOG.md, as it stands here in backticks, with what to do
instead, in the section [Unreleased] under the heading "### Breaking".`);
  process.exitCode = 1;
}
