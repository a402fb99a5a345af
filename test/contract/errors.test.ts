import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { errorTable } from '../../src/errors.js';

/** Clients are written against these: a change breaks them. A new code is a new line. */
const contract: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  SERVICE_UNAVAILABLE: 503,
  CODE_INVALID: 200,
  USER_BLOCKED: 200,
  RATE_LIMITED: 429,
  PLATFORM_UNAVAILABLE: 503,
  UNKNOWN_APP: 200,
  BAD_USER_INPUT: 400,
  FORBIDDEN: 200,
  WRONG_CREDENTIALS: 200,
  USERNAME_TAKEN: 200,
  WEAK_PASSWORD: 200,
  IDENTITY_TAKEN: 200,
  LAST_IDENTITY: 200,
  OPEN_DATA_REFUSED: 200,
  PERSISTED_QUERY_NOT_FOUND: 400,
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
};

/** What one line of a README's table says of a code. */
interface DocumentedRow {
  readonly code: string;
  readonly httpStatus: number;
  readonly message: string;
  readonly client: string;
}

function documentedRows(file: string): DocumentedRow[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const rows = text.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| (.+) \| (.+) \|\r?$/gm);
  return [...rows].map(([, code = '', status = '', message = '', client = '']) => ({
    code,
    httpStatus: Number(status),
    message,
    client,
  }));
}

describe('the error table', () => {
  test('has the codes and statuses of the contract', () => {
    const statuses = Object.entries(errorTable).map(([code, { httpStatus }]) => [code, httpStatus]);
    expect(Object.fromEntries(statuses)).toEqual(contract);
  });

  test('says of every code what it means and what the client does', () => {
    for (const { message, client } of Object.values(errorTable)) {
      expect(message).toMatch(/^[A-Z].{10,}\.$/);
      expect(client).toMatch(/^[a-z].{5,}[^.]$/);
    }
  });

  test('is the table of the README', () => {
    const rows = Object.entries(errorTable).map(([code, row]) => ({ code, ...row }));
    expect(documentedRows('README.md')).toEqual(rows);
  });

  test('has its codes and statuses in the Chinese README too', () => {
    const rows = documentedRows('README.zh-CN.md').map(({ code, httpStatus }) => [code, httpStatus]);
    expect(Object.fromEntries(rows)).toEqual(contract);
  });
});
