import { randomBytes, randomInt } from 'node:crypto';

const CODE_TTL_MS = 5 * 60_000;
const CODE_LIMIT = 10_000;
const CODE_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface CodeRow<Owner> {
  readonly owner: Owner;
  isUsed: boolean;
}

export interface CodeTable<Owner> {
  /** Good once, for five minutes. */
  issue(owner: Owner): string;
  /** Null for what was never issued, or longer ago than five minutes, used or not. */
  find(code: string): CodeRow<Owner> | null;
}

/** What `wx.login` gives the phone: 32 characters. */
export function createLoginCode(): string {
  return `0${Array.from({ length: 31 }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join('')}`;
}

/** What the button for the phone number gives the phone: 64 characters. */
export function createPhoneCode(): string {
  return randomBytes(32).toString('hex');
}

/** Holds at most 10,000 codes: the oldest gives way. */
export function createCodeTable<Owner>(createCode: () => string, now: () => number): CodeTable<Owner> {
  const rows = new Map<string, CodeRow<Owner> & { readonly expiresAtMs: number }>();

  // Every code lives equally long, so the map's order of insertion is the order of expiry.
  function makeRoom(): void {
    const time = now();
    for (const [code, row] of rows) {
      if (row.expiresAtMs > time && rows.size < CODE_LIMIT) return;
      rows.delete(code);
    }
  }

  return {
    issue(owner) {
      makeRoom();
      const code = createCode();
      rows.set(code, { owner, expiresAtMs: now() + CODE_TTL_MS, isUsed: false });
      return code;
    },

    find(code) {
      const row = rows.get(code);
      return row === undefined || row.expiresAtMs <= now() ? null : row;
    },
  };
}
