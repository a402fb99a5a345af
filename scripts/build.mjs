import './check-node.mjs';

import('./workspace.mjs')
  .then(({ workspaceOf, buildNow }) => buildNow(workspaceOf(import.meta.url)))
  .catch((error) => {
    console.error(error.isSentence ? error.message : error);
    process.exit(error.exitCode || 1);
  });
