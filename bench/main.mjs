// `npm run bench`: all of them in turn, or the one that is named, with its flags. `-- --quick` is a short run of each, which
// writes nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from '../scripts/install-packages.mjs';

const BENCHES = {
  viewer: 'viewer.ts',
  'viewer-redis': 'viewer-redis.ts',
  login: 'login.ts',
  'login-storm': 'login-storm.ts',
  revoke: 'revoke.ts',
  outage: 'outage.ts',
  start: 'start.ts',
  scale: 'scale.ts',
  sessions: 'sessions.ts',
  sweep: 'sweep.ts',
  passwords: 'passwords.ts',
  'test-gateway': 'test-gateway.mjs',
};
/** What menjin is compared with is installed for those alone; or where there is no wrk. */
const WITH_PEERS = ['viewer', 'viewer-redis', 'login', 'scale'];

const [first] = process.argv.slice(2);
const name = first?.startsWith('--') ? undefined : first;
const flags = process.argv.slice(name === undefined ? 2 : 3);
if (name !== undefined && !Object.hasOwn(BENCHES, name)) {
  console.error(`There is no bench ${name}. There are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
const chosen = Object.entries(BENCHES).filter(([each]) => name === undefined || each === name);
const typescript = new URL('../test/support/typescript.mjs', import.meta.url).href;
const folder = path.dirname(fileURLToPath(import.meta.url));

async function run(file, args) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', typescript, script, ...args], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
  return status === 0;
}

// Some start what is built, as its users do.
if (!(await run('../scripts/build.mjs', []))) process.exit();
if (chosen.some(([each]) => WITH_PEERS.includes(each)) && !isInstalled(folder)) {
  await install(folder, { share: () => undefined });
}
for (const [index, [each, file]] of chosen.entries()) {
  console.error(`bench ${index + 1} of ${chosen.length}: ${each}`);
  await run(file, flags);
}
