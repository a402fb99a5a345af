import './check-node.mjs';

import('./run-guards.mjs')
  .then(({ runGuards }) => runGuards(process.argv.slice(2)))
  .then((exitCode) => {
    process.exitCode = exitCode;
  })
  .catch((error) => {
    console.error(error.isSentence ? error.message : error);
    process.exit(error.exitCode || 1);
  });
