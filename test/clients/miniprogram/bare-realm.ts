import vm from 'node:vm';
import type * as Client from '../../../clients/miniprogram/src/index.js';

/** What came after ES2018, and what the mini-programs of some old phones lack. */
const YOUNGER = `
  delete globalThis.Proxy; delete globalThis.WebAssembly; delete globalThis.console;
  for (const name of ['flat', 'flatMap', 'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'with'])
    delete Array.prototype[name];
  for (const name of ['trimStart', 'trimEnd', 'matchAll', 'replaceAll', 'at']) delete String.prototype[name];
  for (const name of ['fromEntries', 'groupBy', 'hasOwn']) delete Object[name];
  for (const name of ['allSettled', 'any', 'withResolvers', 'try']) delete Promise[name];
  for (const name of ['BigInt', 'WeakRef', 'FinalizationRegistry', 'AggregateError', 'Iterator']) delete globalThis[name];
`;

/** As the polyfill of old iPhones has it: what follows on a promise is a task of its own. */
const MACROTASKS = `
  const { Promise: Native } = globalThis;
  globalThis.Promise = class extends Native {
    then(good, bad) {
      const later = (work) =>
        typeof work === 'function' ? (value) => new Native((resolve) => setTimeout(resolve, 0)).then(() => work(value)) : work;
      return super.then(later(good), later(bad));
    }
  };
`;

/** The client in a world that has the language, two timers and nothing else. */
export function loadBare(code: string, { macrotasks = false } = {}): typeof Client {
  const exports = {};
  const context = vm.createContext({ exports, setTimeout, clearTimeout });
  vm.runInContext(YOUNGER, context);
  if (macrotasks) vm.runInContext(MACROTASKS, context);
  vm.runInContext(code, context, { filename: 'miniprogram_dist/index.js' });
  return exports as typeof Client;
}
