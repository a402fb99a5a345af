import { join, resolve, sep } from 'node:path';

export type StoreUrl = { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'memory' };

/** `memory:`, `sqlite:` (path is then '') or `sqlite:<path>`; null for anything else. */
export function parseStoreUrl(text: string): StoreUrl | null {
  if (/^memory:$/i.test(text)) return { kind: 'memory' };
  const match = /^sqlite:(?:\/\/(?=\/))?(.*)$/i.exec(text);
  const path = match?.[1];
  // `//` names a host, `?` and `#` would be parameters, `:memory:` and a folder are no file: none of them is meant as a file's name.
  if (path === undefined || /^\/\/|[?#\0]|^:memory:$|[/\\]$/.test(path)) return null;
  return { kind: 'sqlite', path };
}

/** Makes the path absolute: from `cwd`, or the file `menjin.db` of `dataDir` when the URL named none. */
export function resolveStoreUrl(url: StoreUrl, dataDir: string, cwd: string): StoreUrl {
  if (url.kind !== 'sqlite') return url;
  if (url.path === '') return { kind: 'sqlite', path: join(dataDir, 'menjin.db') };
  // Windows: the path of `sqlite:///C:/x.db` is `/C:/x.db`.
  const path = sep === '\\' ? url.path.replace(/^\/(?=[A-Za-z]:)/, '') : url.path;
  return { kind: 'sqlite', path: resolve(cwd, path) };
}
