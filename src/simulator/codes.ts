import { randomInt } from 'node:crypto';
import type { SimulatedUser } from './users.js';

const CODE_TTL_MS = 5 * 60_000;
const CODE_LIMIT = 10_000;
const CODE_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

interface CodeRow {
  readonly user: SimulatedUser;
  readonly expiresAtMs: number;
  used: boolean;
}

export interface CodeTable {
  /** What `wx.login` gives the phone: 32 characters, good once, for five minutes. */
  issue(user: SimulatedUser): string;
  /** Spends the code. `used` is said as long as the code would have lived; after that, as for any other string, `invalid`. */
  spend(code: string): SimulatedUser | 'used' | 'invalid';
}

function createCode(): string {
  return `0${Array.from({ length: 31 }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join('')}`;
}

/** Holds at most 10,000 codes: the oldest gives way. */
export function createCodeTable(now: () => number): CodeTable {
  const rows = new Map<string, CodeRow>();

  // Every code lives equally long, so the map's order of insertion is the order of expiry.
  function makeRoom(): void {
    const time = now();
    for (const [code, row] of rows) {
      if (row.expiresAtMs > time && rows.size < CODE_LIMIT) return;
      rows.delete(code);
    }
  }

  return {
    issue(user) {
      makeRoom();
      const code = createCode();
      rows.set(code, { user, expiresAtMs: now() + CODE_TTL_MS, used: false });
      return code;
    },

    spend(code) {
      const row = rows.get(code);
      if (row === undefined || row.expiresAtMs <= now()) return 'invalid';
      if (row.used) return 'used';
      row.used = true;
      return row.user;
    },
  };
}
