import { randomInt } from 'node:crypto';
import type { SimulatedUser } from './users.js';

const codeTtlMs = 5 * 60_000;
const codeLimit = 10_000;
const codeAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

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
  return `0${Array.from({ length: 31 }, () => codeAlphabet.charAt(randomInt(codeAlphabet.length))).join('')}`;
}

/** Holds at most 10,000 codes: the oldest gives way. */
export function createCodeTable(now: () => number): CodeTable {
  const rows = new Map<string, CodeRow>();

  // Every code lives equally long, so the map's order of insertion is the order of expiry.
  function makeRoom(): void {
    const time = now();
    for (const [code, row] of rows) {
      if (row.expiresAtMs > time && rows.size < codeLimit) return;
      rows.delete(code);
    }
  }

  return {
    issue(user) {
      makeRoom();
      const code = createCode();
      rows.set(code, { user, expiresAtMs: now() + codeTtlMs, used: false });
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
