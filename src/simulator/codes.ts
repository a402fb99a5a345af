import { randomInt } from 'node:crypto';

const CODE_TTL_MS = 5 * 60_000;
const CODE_LIMIT = 10_000;
const CODE_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface CodeRow<Login> {
  readonly login: Login;
  isUsed: boolean;
}

export interface CodeTable<Login> {
  /** What `wx.login` gives the phone: 32 characters, good once, for five minutes. */
  issue(login: Login): string;
  /** Null for what was never issued, or longer ago than five minutes, used or not. */
  find(code: string): CodeRow<Login> | null;
}

function createCode(): string {
  return `0${Array.from({ length: 31 }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join('')}`;
}

/** Holds at most 10,000 codes: the oldest gives way. */
export function createCodeTable<Login>(now: () => number): CodeTable<Login> {
  const rows = new Map<string, CodeRow<Login> & { readonly expiresAtMs: number }>();

  // Every code lives equally long, so the map's order of insertion is the order of expiry.
  function makeRoom(): void {
    const time = now();
    for (const [code, row] of rows) {
      if (row.expiresAtMs > time && rows.size < CODE_LIMIT) return;
      rows.delete(code);
    }
  }

  return {
    issue(login) {
      makeRoom();
      const code = createCode();
      rows.set(code, { login, expiresAtMs: now() + CODE_TTL_MS, isUsed: false });
      return code;
    },

    find(code) {
      const row = rows.get(code);
      return row === undefined || row.expiresAtMs <= now() ? null : row;
    },
  };
}
