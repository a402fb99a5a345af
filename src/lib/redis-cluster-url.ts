const CLUSTER_URL = /^redis(s?)\+cluster:\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/?$/i;

/**
 * `redis+cluster:` or `rediss+cluster:` (TLS) with `//[[user]:password@]host[:port][,host[:port]...]`: some nodes of one
 * cluster, by which the others are found. There is no number of a database: a cluster has only one.
 *
 * @returns the URL of each node, `redis:` or `rediss:`, with the password; null for anything else
 */
export function parseRedisClusterUrl(text: string): readonly string[] | null {
  const [, tls = '', credentials = '', hosts = ''] = CLUSTER_URL.exec(text) ?? [];
  const urls = hosts.split(',').map((host) => nodeUrl(`redis${tls}://${credentials}@${host}`));
  return urls.every((url) => url !== null) ? [...new Set(urls)] : null;
}

function nodeUrl(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { href, hostname, pathname, username, password } = new URL(text);
  return hostname !== '' && pathname === '' && canDecode(username) && canDecode(password) ? href : null;
}

function canDecode(text: string): boolean {
  try {
    return decodeURIComponent(text) !== null;
  } catch {
    return false;
  }
}
