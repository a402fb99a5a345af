import { appendFileSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { missingService, type ServiceName } from './binaries.js';

/**
 * `describe` for tests that start a real server. Where its program is missing they are left out and `npm test` ends by
 * saying so; with CI=true that is a failure.
 */
export function describeWithService(service: ServiceName, name: string, tests: () => void): void {
  const missing = missingService(service);
  if (missing === null) {
    describe(name, tests);
    return;
  }
  if (isSwitchedOn(process.env.CI)) {
    test(`${name}: needs ${service}`, () => {
      throw new Error(`Cannot leave out ${missing}`);
    });
    return;
  }
  const file = process.env.MISSING_SERVICES_FILE;
  if (file) appendFileSync(file, `${missing}\n`);
  // A file without any test is an error to jest.
  describe(name, () => test.skip(`left out without ${service}`, () => {}));
}

function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'off'].includes(value.toLowerCase());
}
