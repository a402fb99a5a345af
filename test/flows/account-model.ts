import type { ErrorCode } from '../../src/errors.js';

/** One person's phone, in one app. */
export interface Phone {
  readonly person: number;
  readonly app: number;
}

/** Of each app. */
export const TENANTS = ['shop', 'shop', 'school'] as const;

export interface ModelUser {
  readonly tenant: string;
  username: string | null;
  password: string | null;
  status: 'active' | 'banned' | 'merged' | 'closed';
  mergedInto: ModelUser | null;
}

export interface ModelSession {
  readonly phone: Phone;
  readonly user: ModelUser;
  isLive: boolean;
}

export class Refusal extends Error {
  constructor(readonly code: ErrorCode) {
    super(code);
  }
}

/** What the verbs do to people, one request after the other. They throw a Refusal. */
export class AccountModel {
  /** The oldest first. */
  readonly users: ModelUser[] = [];
  readonly identities = new Map<string, { readonly tenant: string; unionid: string | null; user: ModelUser }>();
  readonly sessions: ModelSession[] = [];

  login(phone: Phone, unionid: string | null): void {
    this.#open(phone, this.#exchange(phone, unionid, null, 'never'));
  }

  loginWithPassword(phone: Phone, unionid: string | null, username: string, password: string, link: boolean): void {
    const account = this.#named(tenantOf(phone), username);
    if (account === undefined || account.password !== password) throw new Refusal('WRONG_CREDENTIALS');
    if (account.status === 'banned') throw new Refusal('USER_BLOCKED');
    this.#exchange(phone, unionid, link ? account : null, 'bare');
    // The exchange may have told that the account's user is an older one.
    if (account.status === 'merged') throw new Refusal('WRONG_CREDENTIALS');
    this.#open(phone, account);
  }

  register(session: ModelSession, username: string, password: string): void {
    const user = viewerOf(session);
    const isRepeat = user.username === username && user.password === password;
    if (user.username !== null && !isRepeat) throw new Refusal('FORBIDDEN');
    if (user.username === null && this.#named(user.tenant, username)) throw new Refusal('USERNAME_TAKEN');
    Object.assign(user, { username, password });
  }

  changePassword(session: ModelSession, current: string, next: string): void {
    const user = viewerOf(session);
    if (user.password !== current && user.password === next) return;
    if (user.password !== current) throw new Refusal('WRONG_CREDENTIALS');
    user.password = next;
    this.#end((each) => each.user === user && each !== session);
  }

  linkIdentity(session: ModelSession, phone: Phone, unionid: string | null, merge: boolean): void {
    const user = viewerOf(session);
    if (tenantOf(phone) !== user.tenant) throw new Refusal('FORBIDDEN');
    this.#exchange(phone, unionid, user, merge ? 'any' : 'never');
  }

  unlinkIdentity(session: ModelSession, phone: Phone): void {
    const user = viewerOf(session);
    if (this.identities.get(keyOf(phone))?.user !== user) return;
    if (this.#identitiesOf(user).length === 1) throw new Refusal('LAST_IDENTITY');
    this.#free([keyOf(phone)]);
  }

  closeAccount(session: ModelSession): void {
    const user = viewerOf(session);
    if (this.identities.get(keyOf(session.phone))?.user !== user) throw new Refusal('FORBIDDEN');
    this.#free(this.#identitiesOf(user));
    this.#end((each) => each.user === user);
    Object.assign(user, { status: 'closed', username: null, password: null });
  }

  ban(id: ModelUser): void {
    const user = resolved(id);
    if (user.status === 'closed') return;
    user.status = 'banned';
    const keys = this.#identitiesOf(user);
    this.#end((each) => each.user === user || keys.includes(keyOf(each.phone)));
  }

  unban(id: ModelUser): void {
    const user = resolved(id);
    if (user.status === 'banned') user.status = 'active';
  }

  /** By an operator. */
  merge(into: ModelUser, id: ModelUser): void {
    const [survivor, other] = [resolved(into), resolved(id)];
    const areActive = survivor.status === 'active' && other.status === 'active';
    if (areActive && survivor !== other && survivor.tenant === other.tenant) this.#merge(survivor, other);
  }

  /** Whose the identity is from now on: the wanted user's, else the oldest one's of all it may belong to. */
  #exchange(phone: Phone, told: string | null, wanted: ModelUser | null, merges: 'never' | 'bare' | 'any'): ModelUser {
    const tenant = tenantOf(phone);
    const known = this.identities.get(keyOf(phone));
    const unionid = told ?? known?.unionid ?? null;
    const isSame = (other: { tenant: string; unionid: string | null }) =>
      unionid !== null && other.tenant === tenant && other.unionid === unionid;
    const sharing = [...this.identities.values()].filter((other) => other === known || isSame(other));
    const claiming = this.users.filter((user) => user === wanted || sharing.some((other) => other.user === user));
    if (claiming.some(({ status }) => status === 'banned')) throw new Refusal('USER_BLOCKED');
    const owner = wanted ?? claiming[0] ?? this.#makeUser(tenant);
    const others = claiming.filter((user) => user !== owner);
    const mayMerge = (user: ModelUser) =>
      wanted === null || merges === 'any' || (merges === 'bare' && this.#isBare(user));
    if (!others.every(mayMerge)) throw new Refusal('IDENTITY_TAKEN');
    for (const other of others) this.#merge(owner, other);
    this.identities.set(keyOf(phone), { tenant, unionid, user: owner });
    return owner;
  }

  #merge(survivor: ModelUser, other: ModelUser): void {
    for (const identity of this.identities.values()) if (identity.user === other) identity.user = survivor;
    for (const user of this.users) if (user.mergedInto === other) user.mergedInto = survivor;
    const { username, password } = other;
    if (survivor.username === null) Object.assign(survivor, { username, password });
    Object.assign(other, { status: 'merged', mergedInto: survivor, username: null, password: null });
    this.#end((each) => each.user === other);
  }

  #free(keys: readonly string[]): void {
    for (const key of keys) this.identities.delete(key);
    this.#end((each) => keys.includes(keyOf(each.phone)));
  }

  #end(isMeant: (session: ModelSession) => boolean): void {
    for (const session of this.sessions) if (isMeant(session)) session.isLive = false;
  }

  #open(phone: Phone, user: ModelUser): void {
    this.sessions.push({ phone, user, isLive: true });
  }

  #makeUser(tenant: string): ModelUser {
    const user: ModelUser = { tenant, username: null, password: null, status: 'active', mergedInto: null };
    this.users.push(user);
    return user;
  }

  #named(tenant: string, username: string): ModelUser | undefined {
    return this.users.find((user) => user.tenant === tenant && user.username === username);
  }

  #identitiesOf(user: ModelUser): string[] {
    return [...this.identities].filter(([, identity]) => identity.user === user).map(([key]) => key);
  }

  #isBare(user: ModelUser): boolean {
    return user.username === null && this.#identitiesOf(user).length <= 1;
  }
}

/** An id that was merged names the survivor. */
function resolved(id: ModelUser): ModelUser {
  return id.mergedInto ?? id;
}

function viewerOf({ user, isLive }: ModelSession): ModelUser {
  if (!isLive) throw new Refusal('UNAUTHENTICATED');
  return user;
}

function tenantOf({ app }: Phone): string {
  return TENANTS[app] ?? '';
}

export function keyOf({ person, app }: Phone): string {
  return `${person} in app ${app}`;
}
