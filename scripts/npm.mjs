import path from 'node:path';

/** How to start npm with these arguments: that npm which runs this script, when one does. */
export function npm(...args) {
  const script = process.env.npm_execpath;
  if (script && path.basename(script) === 'npm-cli.js') return { command: process.execPath, args: [script, ...args] };
  // Node starts a .cmd file only through a shell.
  return { command: 'npm', args, shell: process.platform === 'win32' };
}
