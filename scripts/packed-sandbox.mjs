import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { npm } from './npm.mjs';
import { Sentence } from './run-command.mjs';

const run = promisify(execFile);
const packTimeoutMs = 60_000;
const installTimeoutMs = 300_000;

/**
 * An empty project that has installed the package as it would be published: what `npm pack` makes, with the dependencies
 * and peers that package-lock.json names, and nothing that only development needs.
 *
 * @param {string} root the checkout, built
 * @param {AbortSignal} signal ends what is under way
 * @returns {Promise<{ project: string, dist: string, remove(): void }>} `project` holds what npm said of the package, too:
 *   pack.json
 */
export async function createPackedSandbox(root, signal) {
  // macOS keeps its temporary folder behind a link, and what is imported is told by its real path.
  const project = mkdtempSync(path.join(realpathSync(tmpdir()), 'menjin-packed-'));
  const remove = () => rmSync(project, { recursive: true, force: true, maxRetries: 3 });
  try {
    await installLocked(root, project, signal);
    const menjin = path.join(project, 'node_modules', 'menjin');
    await unpack(await pack(root, project, signal), menjin, signal);
    return { project, dist: path.join(menjin, 'dist'), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function installLocked(root, project, signal) {
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    if (existsSync(path.join(root, name))) copyFileSync(path.join(root, name), path.join(project, name));
  }
  const args = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  await attempt('npm ci', npm(...args), { cwd: project, timeout: installTimeoutMs, signal });
  rmSync(path.join(project, 'package-lock.json'));
  writeJson(path.join(project, 'package.json'), {
    name: 'somebodys-project',
    private: true,
    type: 'module',
    dependencies: { menjin: '*', graphql: '*', 'type-graphql': '*' },
  });
}

/** @returns {Promise<string>} the tarball */
async function pack(root, project, signal) {
  const command = npm('pack', '--json', '--ignore-scripts', '--loglevel=error', `--pack-destination=${project}`);
  const stdout = await attempt('npm pack', command, { cwd: root, timeout: packTimeoutMs, signal });
  const [said] = JSON.parse(stdout);
  writeJson(path.join(project, 'pack.json'), said);
  return path.join(project, said.filename);
}

async function unpack(tarball, folder, signal) {
  mkdirSync(folder);
  // Windows has a tar too. It takes a drive's colon for a host's: no absolute path.
  const args = ['-xzf', path.relative(folder, tarball), '--strip-components=1'];
  await attempt('tar', { command: 'tar', args }, { cwd: folder, timeout: packTimeoutMs, signal });
}

async function attempt(name, { command, args, shell = false }, options) {
  const line = shell ? [[command, ...args].join(' '), []] : [command, args];
  try {
    const { stdout } = await run(...line, { ...options, shell, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    if (options.signal.aborted) throw new Sentence('Stopped.', 130);
    throw new Sentence(`${error.stderr ?? ''}${name} failed${error.killed ? ': it took too long' : ''}.`);
  }
}

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
