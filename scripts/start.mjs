import './check-node.mjs';

// Imported late, so that an old Node fails in check-node and not on newer syntax.
import('./workspace.mjs')
  .then(async ({ workspaceOf, prepareForStart }) => {
    const workspace = workspaceOf(import.meta.url);
    await prepareForStart(workspace);
    const { pathToFileURL } = await import('node:url');
    process.argv = [process.argv[0], workspace.entry, 'start', ...process.argv.slice(2)];
    await import(pathToFileURL(workspace.entry).href);
  })
  .catch((error) => {
    console.error(error.isSentence ? error.message : error);
    process.exit(error.exitCode || 1);
  });
