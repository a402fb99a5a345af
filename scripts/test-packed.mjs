import './check-node.mjs';

import('./run-packed-tests.mjs')
  .then(({ runPackedTests }) => runPackedTests(process.argv.slice(2)))
  .then((exitCode) => {
    process.exitCode = exitCode;
  })
  .catch((error) => {
    console.error(error.isSentence ? error.message : error);
    process.exit(error.exitCode || 1);
  });
