import type { Config } from '../config.js';
import { AppError } from '../errors.js';
import { countLive } from '../sessions/session-rows.js';
import type { Database } from '../sql/database.js';
import { findIdentitiesOf, type LinkedIdentity } from '../users/identities.js';
import { parseUsername } from '../users/username.js';
import { findByUsername, findUser, type UserRow } from '../users/users.js';
import { type Arguments, UsageError } from './arguments.js';
import { askedUser, findAskedUser } from './asked-user.js';
import { shown, table } from './table.js';
import { CommandFailure, type StoreCommand, withStores } from './with-stores.js';

/** `menjin users show`: what is known of one person. */
export function showUser(given: Arguments, command: StoreCommand): Promise<number> {
  const find = finderOf(given);
  return withStores(command, ['DATABASE_URL'], async ({ database }, config) => {
    const facts = await readFacts(database, await find(database, config));
    const asked = given.options.user;
    if (given.flags.has('json')) {
      command.out.write(`${JSON.stringify(facts, null, 2)}\n`);
      return 0;
    }
    if (asked !== undefined && asked !== facts.id) command.out.write(`${shown(asked)} was merged into ${facts.id}.\n`);
    for (const line of linesOf(facts)) command.out.write(`${line}\n`);
    return 0;
  });
}

type Find = (database: Database, config: Config) => Promise<string>;

/** @throws UsageError */
function finderOf({ options }: Arguments): Find {
  const { username: typed, tenant, ...others } = options;
  if (tenant !== undefined && typed === undefined) throw new UsageError('The option --tenant goes with --username.');
  if (typed === undefined) {
    const asked = askedUser({ options: others }, 'Say who: --user <id>, --openid <openid> or --username <username>.');
    return (database) => findAskedUser(database, asked);
  }
  if (Object.keys(others).length > 0) throw new UsageError('Give --user, --openid or --username, one of them.');
  const username = readUsername(typed);
  return (database, config) => findNamed(database, username, tenant === undefined ? tenantsOf(config) : [tenant]);
}

function readUsername(typed: string): string {
  try {
    return parseUsername(typed);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new UsageError('A username is 3 to 32 of a-z 0-9 _ . -');
  }
}

function tenantsOf({ apps }: Config): string[] {
  return [...new Set(['default', ...apps.map(({ tenant }) => tenant)])];
}

async function findNamed(database: Database, username: string, tenants: readonly string[]): Promise<string> {
  const found: UserRow[] = [];
  for (const tenant of tenants) {
    const user = await database.query((sql) => findByUsername(sql, tenant, username));
    if (user !== null) found.push(user);
  }
  const [user, ...others] = found;
  if (user === undefined) throw new CommandFailure('Nobody has this username.');
  if (others.length === 0) return user.id;
  const names = found.map(({ tenant }) => tenant).join(', ');
  throw new CommandFailure(`Several users have this username: add --tenant, one of ${names}.`);
}

async function readFacts(database: Database, userId: string) {
  const read = await database.query(async (sql, now) => {
    const user = await findUser(sql, userId);
    if (user === null) return null;
    return { user, identities: await findIdentitiesOf(sql, userId), sessions: await countLive(sql, now, userId) };
  });
  if (read === null) throw new CommandFailure('There is no user of this id.');
  const { id, tenant, status, username, nickname, avatarUrl, phoneNumber, createdAt } = read.user;
  return {
    ...{ id, tenant, status, username, nickname, avatarUrl, phoneNumber },
    createdAt: new Date(createdAt).toISOString(),
    sessions: read.sessions,
    identities: read.identities.map(identityFacts),
  };
}

function identityFacts({ id, platform, appid, openid, unionid, linkedAt, lastLoginAt }: LinkedIdentity) {
  const [linked, lastLogin] = [linkedAt, lastLoginAt].map((ms) => new Date(ms).toISOString());
  return { id, platform, appid, openid, unionid, linkedAt: linked ?? null, lastLoginAt: lastLogin ?? null };
}

const HEADINGS = ['identity', 'platform', 'appid', 'openid', 'unionid', 'linked', 'last login'];

function linesOf({ identities, ...facts }: Awaited<ReturnType<typeof readFacts>>): string[] {
  const rows = Object.entries(facts).map(([name, value]) => `${name.padEnd(11)} ${shown(String(value ?? '-'))}`);
  if (identities.length === 0) return [...rows, '', 'No identity.'];
  return [...rows, '', ...table(HEADINGS, identities.map(Object.values))];
}
