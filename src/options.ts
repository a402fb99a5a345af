import { z } from 'zod';
import { CREDENTIAL, credential } from './apps-file.js';
import { DOCUMENTS_FILE_EXAMPLE } from './documents-file.js';
import { parseDuration } from './lib/duration.js';
import { splitList } from './lib/list.js';
import { isAddressRange, isHost, parseOrigin } from './lib/network-address.js';
import type { OptionTable } from './lib/option-table.js';
import { parseRate } from './lib/rate.js';
import { parseSecretKeys } from './lib/secret-keys.js';
import { parseDatabaseUrl, parseSessionStoreUrl } from './lib/store-url.js';

/** A parser that is one function of the text: null is "not of this form". */
function parsedBy<T>(parse: (text: string) => T | null): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue('not of the required form');
    return z.NEVER;
  });
}

function parseList<T>(parseItem: (text: string) => T | null): (text: string) => T[] | null {
  return (text) => {
    const items = splitList(text).map(parseItem);
    const parsed = items.filter((item) => item !== null);
    return parsed.length === items.length ? parsed : null;
  };
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
const off = z.literal('off').transform(() => null);
const file = z.string().regex(/^[^\0]+$/);
const onOff = parsedBy((text) => (/^(1|true|on)$/i.test(text) ? true : /^(0|false|off)$/i.test(text) ? false : null));
const origin = parsedBy(parseOrigin);
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const DATABASE_URL = 'sqlite:, sqlite:<path>, memory:, or postgres://user[:password]@host[:port]/name';
const rate = z.union([off, parsedBy(parseRate)]);
const RATE = 'off, or a count and a duration of whole seconds (at most 1d), like 300/1m';

const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 3_650 * 86_400_000;
const ttl = parsedBy(parseDuration).pipe(z.number().min(MIN_TTL_MS).max(MAX_TTL_MS));
const TTL = 'a duration from 1s to 3650d';
const retention = parsedBy(parseDuration).pipe(z.number().min(86_400_000).max(MAX_TTL_MS));

/** Every option there is. The docs, the defaults and the checks are made from it. */
export const options = {
  NODE_ENV: {
    default: 'development',
    parse: z.enum(['development', 'production', 'test']),
    must: 'development, production or test',
    doc: '`production` requires an app and keys, and has no simulator and no explorer.',
    example: 'production',
  },
  HOST: {
    default: '127.0.0.1',
    productionDefault: '0.0.0.0',
    parse: z.string().refine(isHost),
    must: 'an IP address or a host name, without a port',
    doc: 'The address to listen on.',
    example: '0.0.0.0',
  },
  PORT: {
    default: '4000',
    parse: wholeNumber(0, 65_535),
    must: 'a whole number from 0 to 65535',
    doc: 'The port to listen on; 0 takes a free one.',
    example: '4000',
  },
  DATA_DIR: {
    default: './data',
    parse: file,
    must: "a folder's path",
    doc: 'The folder of the SQLite file and of the generated development keys.',
    example: '/var/lib/menjin',
  },
  WECHAT_APPID: {
    default: null,
    unset: 'none',
    parse: credential,
    must: CREDENTIAL,
    doc: 'The mini-program, where there is only one. Goes with WECHAT_SECRET.',
    example: 'wx0123456789abcdef',
  },
  WECHAT_SECRET: {
    default: null,
    unset: 'none',
    parse: credential,
    must: CREDENTIAL,
    doc: 'The app secret of WECHAT_APPID.',
    example: '0123456789abcdef0123456789abcdef',
    secret: true,
  },
  APPS_FILE: {
    default: null,
    unset: 'none',
    parse: file,
    must: "a file's path",
    doc: 'A JSON list of apps, instead of WECHAT_APPID and WECHAT_SECRET.',
    example: '/etc/menjin/apps.json',
  },
  WECHAT_API_URL: {
    default: null,
    unset: '`https://api.weixin.qq.com`',
    parse: origin,
    must: 'an http or https origin, without path or credentials',
    doc: "The origin that stands in for WeChat's. Plain http to a public host is warned about.",
    example: 'http://127.0.0.1:4100',
  },
  SESSION_STORE_URL: {
    default: 'sqlite:',
    parse: parsedBy(parseSessionStoreUrl),
    must: `${DATABASE_URL}, or redis://[[user]:password@]host[:port][/number] (rediss: for TLS, valkey:), or redis+cluster://[[user]:password@]host:port[,host:port ...]`,
    doc: 'Where sessions live. `sqlite:` is the file `menjin.db` in DATA_DIR; `memory:` ends with the process; a Redis, a cluster of them or a PostgreSQL is shared by several machines.',
    example: 'rediss://:password@redis.internal:6379/0',
    secret: true,
  },
  DATABASE_URL: {
    default: 'sqlite:',
    parse: parsedBy(parseDatabaseUrl),
    must: DATABASE_URL,
    doc: 'Where users, identities and the records of sessions live. `sqlite:` is the same file as for SESSION_STORE_URL; a PostgreSQL is shared by several machines.',
    example: 'sqlite:/var/lib/menjin/menjin.db',
    secret: true,
  },
  SECRET_KEYS: {
    default: null,
    unset: 'generated in DATA_DIR (required in production)',
    parse: parsedBy(parseSecretKeys),
    must: 'a list of different base64 keys of 32 bytes each',
    doc: 'The first key seals and signs, all open. To rotate, put a new key first.',
    example: `the output of node -e "console.log(require('crypto').randomBytes(32).toString('base64'))"`,
    secret: true,
  },
  SESSION_IDLE_TTL: {
    default: '7d',
    parse: ttl,
    must: TTL,
    doc: 'A session ends when it was not used for this long. At most SESSION_MAX_TTL.',
    example: '7d',
  },
  SESSION_MAX_TTL: {
    default: '30d',
    parse: ttl,
    must: TTL,
    doc: 'A session ends this long after its login, used or not.',
    example: '30d',
  },
  SESSIONS_PER_USER: {
    default: '10',
    parse: wholeNumber(1, 10_000),
    must: 'a whole number from 1 to 10000',
    doc: 'One session more ends the oldest.',
    example: '10',
  },
  SESSION_CACHE: {
    default: '10000',
    parse: wholeNumber(0, 10_000_000),
    must: 'a whole number from 0 to 10000000',
    doc: 'How many sessions this process keeps at hand, each for at most a second. 0 asks the store for every request.',
    example: '10000',
  },
  AUDIT_RETENTION: {
    default: '180d',
    parse: retention,
    must: 'a duration from 1d to 3650d',
    doc: 'How long events are kept: what `menjin audit` shows.',
    example: '180d',
  },
  LOGIN_LIMIT_PER_IP: {
    default: '300/1m',
    parse: rate,
    must: RATE,
    doc: 'How many logins one address may try; of IPv6, one /64. Generous, because whole carriers share an address. Behind a proxy TRUST_PROXY decides which address that is.',
    example: '300/1m',
  },
  LOGIN_LIMIT_PER_APP: {
    default: 'off',
    parse: rate,
    must: RATE,
    doc: "How many logins one app may try, from all addresses together: it keeps WeChat's quota.",
    example: '5000/1m',
  },
  OPEN_DATA_MAX_AGE: {
    default: '5m',
    parse: z.union([z.literal('0').transform(() => null), ttl]),
    must: '0, or a duration from 1s to 3650d',
    doc: 'How old encrypted open data may be, by its watermark: user info, phone numbers, and what menjin does not know. Steps and shares may be of any age. `0`: no check.',
    example: '5m',
  },
  PHONE_DAILY_BUDGET: {
    default: 'off',
    parse: z.union([off, wholeNumber(1, 999_999_999)]),
    must: 'off, or a whole number from 1 to 999999999',
    doc: 'How many phone numbers each app may ask WeChat for in a day (of China), each of which costs money. One more is RATE_LIMITED, and WeChat is not asked.',
    example: '1000',
  },
  CHECK_NICKNAMES: {
    default: 'off',
    parse: onOff,
    must: 'on or off',
    doc: 'Whether WeChat is asked about a nickname (`msgSecCheck`) before it is kept. One that it calls risky is refused.',
    example: 'on',
  },
  TRUST_PROXY: {
    default: null,
    unset: 'none',
    parse: z.union([wholeNumber(1, 100), parsedBy(parseList((item) => (isAddressRange(item) ? item : null)))]),
    must: 'the number of proxies (1 to 100), or a list of their IP addresses and CIDR ranges',
    doc: 'The proxies whose X-Forwarded-For is believed: how many, or which.',
    example: '10.0.0.0/8,192.168.1.1',
  },
  CORS_ORIGINS: {
    default: null,
    unset: 'none (development: local ones)',
    parse: parsedBy(parseList(parseOrigin)),
    must: 'a list of exact http or https origins, without paths or wildcards',
    doc: 'The web pages that may call. A mini-program needs none.',
    example: 'https://admin.example.com',
  },
  INTROSPECTION: {
    default: 'on',
    productionDefault: 'off',
    parse: onOff,
    must: 'on or off',
    doc: 'Whether the schema may be asked for.',
    example: 'off',
  },
  DOCUMENTS: {
    default: null,
    unset: 'any text is answered, and none by its id',
    parse: z.enum(['allow', 'require']),
    must: 'allow or require',
    doc: '`allow` answers the documents of DOCUMENTS_FILE by their ids too; `require` answers nothing else, and parses nothing else. See `docs/trusted-documents.md`.',
    example: 'require',
  },
  DOCUMENTS_FILE: {
    default: null,
    unset: 'none',
    parse: file,
    must: "a file's path",
    doc: 'The manifest that codegen writes with `persistedDocuments: true`: a JSON object of at most 1000 texts by their ids, at most 1 MiB. Goes with DOCUMENTS.',
    example: DOCUMENTS_FILE_EXAMPLE,
  },
  WAFER: {
    default: 'off',
    parse: onOff,
    must: 'on or off',
    doc: "Whether an unchanged `wafer2-client-sdk` is served: `/weapp/login` and `/weapp/user`, and `X-WX-Skey` as a request's token. See `docs/migrate-from-wafer.md`.",
    example: '1',
  },
  LOG_LEVEL: {
    default: 'info',
    parse: z.enum(logLevels),
    must: `one of ${logLevels.join(', ')}`,
    doc: 'The least level that is logged.',
    example: 'info',
  },
  ADMIN_PORT: {
    default: 'off',
    parse: z.union([off, wholeNumber(0, 65_535)]),
    must: 'off, or a whole number from 0 to 65535 other than PORT',
    doc: 'The port of `/metrics`; 0 takes a free one.',
    example: '9090',
  },
} as const satisfies OptionTable;
