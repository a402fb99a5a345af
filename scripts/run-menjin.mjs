import { pathToFileURL } from 'node:url';
import { prepareForStart, workspaceOf } from './workspace.mjs';

/** Runs a command of the build in this process, when what it needs is there. */
export async function runMenjin(command) {
  const workspace = workspaceOf(import.meta.url);
  await prepareForStart(workspace);
  process.argv = [process.argv[0], workspace.entry, command, ...process.argv.slice(2)];
  await import(pathToFileURL(workspace.entry).href);
}
