const modules = { menjin: 'index.ts', 'menjin/simulator': 'simulator/index.ts', 'menjin/testing': 'testing/index.ts' };

/** An example that names the package gets src/ as it is now. */
export async function resolve(specifier, context, next) {
  const module = Object.hasOwn(modules, specifier) ? modules[specifier] : null;
  if (module === null) return next(specifier, context);
  return { url: new URL(`../../src/${module}`, import.meta.url).href, shortCircuit: true };
}
