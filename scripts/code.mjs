import './check-node.mjs';
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(main)) {
  process.argv.splice(2, 0, 'code');
  await import(main);
} else {
  console.error('menjin was not started here yet: npm start, and then ask again.');
  process.exitCode = 1;
}
