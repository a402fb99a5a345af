/** Where a PostgreSQL is and who asks it. What the URL leaves out is null: the driver fills it in as psql does. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly sslmode: SslMode;
}

/** `require` is as strict as `verify-full`: a connection that is encrypted to whoever answers protects from nobody. */
type SslMode = 'disable' | 'no-verify' | 'require' | 'verify-full';

const SSL_MODES: readonly string[] = ['disable', 'no-verify', 'require', 'verify-full'] satisfies SslMode[];
const DEFAULT_PORT = 5432;

/** `postgres://[user[:password]@]host[:port][/database][?sslmode=...]`, or with `postgresql:`; null for anything else. */
export function parsePostgresUrl(text: string): PostgresAddress | null {
  if (!/^postgres(ql)?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const { hostname, port, pathname, username, password, searchParams, hash } = new URL(text);
  // Of what the driver also takes from a URL, most is set here, and some of it would undo what the gateway rests on.
  const parameters = [...searchParams.keys()];
  const sslmode = searchParams.get('sslmode') ?? 'disable';
  if (hash !== '' || parameters.some((name) => name !== 'sslmode') || parameters.length > 1) return null;
  if (!SSL_MODES.includes(sslmode)) return null;

  const parts = [hostname.replace(/^\[(.*)\]$/, '$1'), username, password, pathname.slice(1)].map(decoded);
  const [host, user, secret, database] = parts;
  if (host == null || user == null || secret == null || database == null) return null;
  if (host === '' || host.includes(',') || database.includes('/') || parts.some((part) => part?.includes('\0')))
    return null;
  return {
    host,
    port: port === '' ? DEFAULT_PORT : Number(port),
    database: database === '' ? null : database,
    user: user === '' ? null : user,
    password: secret === '' ? null : secret,
    sslmode: sslmode as SslMode,
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
