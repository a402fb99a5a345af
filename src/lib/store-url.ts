import { join, resolve, sep } from 'node:path';
import { parsePostgresUrl } from './postgres-url.js';
import { parseRedisClusterUrl } from './redis-cluster-url.js';

export type StoreUrl =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'memory' }
  /** One Redis, or some nodes of a cluster. The URL may hold a password. */
  | { readonly kind: 'redis'; readonly url: string }
  /** The URL may hold a password. */
  | { readonly kind: 'postgres'; readonly url: string };

/** What SQL can live in. */
export type DatabaseUrl = Exclude<StoreUrl, { kind: 'redis' }>;

/** `memory:`, `sqlite:` (path is then ''), `sqlite:<path>` or `postgres://...`; null for anything else. */
export function parseDatabaseUrl(text: string): DatabaseUrl | null {
  if (parsePostgresUrl(text) !== null) return { kind: 'postgres', url: text };
  if (/^memory:$/i.test(text)) return { kind: 'memory' };
  const match = /^sqlite:(?:\/\/(?=\/))?(.*)$/i.exec(text);
  const path = match?.[1];
  // `//` names a host, `?` and `#` would be parameters, `:memory:` and a folder are no file: none of them is meant as a file's name.
  if (path === undefined || /^\/\/|[?#\0]|^:memory:$|[/\\]$/.test(path)) return null;
  return { kind: 'sqlite', path };
}

/**
 * Those of a database, and `redis:`, `rediss:` (TLS) or `valkey:`, with `//[[user]:password@]host[:port][/number]`, or
 * `redis+cluster:` and `rediss+cluster:`.
 */
export function parseSessionStoreUrl(text: string): StoreUrl | null {
  if (parseRedisClusterUrl(text) !== null) return { kind: 'redis', url: text };
  return parseRedisUrl(text) ?? parseDatabaseUrl(text);
}

function parseRedisUrl(text: string): StoreUrl | null {
  if (!/^(rediss?|valkey):\/\//i.test(text)) return null;
  // Valkey speaks the same protocol; the client knows the other name only.
  const written = text.replace(/^valkey:/i, 'redis:');
  if (!URL.canParse(written)) return null;
  const url = new URL(written);
  const isComplete = url.hostname !== '' && /^(\/\d{0,5})?$/.test(url.pathname) && url.search === '' && url.hash === '';
  return isComplete && canDecode(url.username) && canDecode(url.password) ? { kind: 'redis', url: url.href } : null;
}

function canDecode(text: string): boolean {
  try {
    return decodeURIComponent(text) !== null;
  } catch {
    return false;
  }
}

/** Makes a file's path absolute: from `cwd`, or the file `menjin.db` of `dataDir` when the URL named none. */
export function resolveStoreUrl<T extends StoreUrl>(url: T, dataDir: string, cwd: string): T {
  if (url.kind !== 'sqlite') return url;
  if (url.path === '') return { ...url, path: join(dataDir, 'menjin.db') };
  // Windows: the path of `sqlite:///C:/x.db` is `/C:/x.db`.
  const path = sep === '\\' ? url.path.replace(/^\/(?=[A-Za-z]:)/, '') : url.path;
  return { ...url, path: resolve(cwd, path) };
}
