import './check-node.mjs';

// Imported late, so that an old Node fails in check-node and not on newer syntax.
import('./run-menjin.mjs')
  .then(({ runMenjin }) => runMenjin('simulate'))
  .catch((error) => {
    console.error(error.isSentence ? error.message : error);
    process.exit(error.exitCode || 1);
  });
