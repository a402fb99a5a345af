// `npm run bench`: all of them in turn, or the one that is named, with its flags.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BENCHES = {
  sessions: 'sessions.ts',
  sweep: 'sweep.ts',
  revoke: 'revoke.ts',
  passwords: 'passwords.ts',
  'test-gateway': 'test-gateway.mjs',
};

const [name, ...flags] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(BENCHES, name)) {
  console.error(`There is no bench ${name}. There are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
const chosen = Object.entries(BENCHES).filter(([each]) => name === undefined || each === name);
const typescript = new URL('../test/support/typescript.mjs', import.meta.url).href;

async function run(file, args) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', typescript, script, ...args], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
}

// Some start what is built, as its users do.
await run('../scripts/build.mjs', []);
for (const [index, [each, file]] of chosen.entries()) {
  console.error(`bench ${index + 1} of ${chosen.length}: ${each}`);
  await run(file, flags);
}
