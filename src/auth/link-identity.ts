import { AppError } from '../errors.js';
import type { KeyRing } from '../lib/key-ring.js';
import type { LoginLimiter } from '../limits/login-limiter.js';
import type { App } from '../platforms/platform.js';
import { type Ending, findUnfinishedOfUser } from '../sessions/session-ends.js';
import type { Sql } from '../sql/database.js';
import { findMergedInto } from '../users/users.js';
import { createExchange, type ExchangeParts } from './exchange.js';
import { type EndingParts, finishEnding } from './finish-ending.js';
import { checkCode, chooseApp } from './login-input.js';
import { recordExchange } from './record-exchange.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

export interface LinkIdentityInput {
  readonly code: string;
  /** Needed when there is more than one app. */
  readonly appid: string | null;
  /** Whether another user who has the identity is joined with the viewer's, who survives. */
  readonly merge: boolean;
  /** Whom login limits count. */
  readonly addressBlock: string;
}

/**
 * Gives the viewer's user the identity that a code is of. The code is used up, whatever comes of it. With a new code the
 * same again is answered as the first, and ends what was not ended yet.
 *
 * @throws AppError IDENTITY_TAKEN (`mergeable`), FORBIDDEN for an app of another tenant, UNAUTHENTICATED, and as a login
 *   does; SERVICE_UNAVAILABLE when it may or may not have happened: the same with a new code settles it.
 */
export type LinkIdentity = (viewer: Viewer, input: LinkIdentityInput) => Promise<void>;

export interface ByCodeParts extends EndingParts, ExchangeParts {
  readonly apps: readonly App[];
  readonly limitLogins: LoginLimiter;
  readonly allowDevtoolsCode: boolean;
}

export function createLinkIdentity(parts: ByCodeParts & { readonly keys: KeyRing }): LinkIdentity {
  const { database, apps, limitLogins, allowDevtoolsCode, keys } = parts;
  const { exchange } = createExchange(parts);

  return async (viewer, { code, appid, merge, addressBlock }) => {
    const userId = viewer.user.id;
    checkCode(code, allowDevtoolsCode);
    const app = chooseApp(apps, appid);
    if (app.tenant !== viewer.tenant) {
      throw new AppError('FORBIDDEN', { message: 'That app belongs to another tenant: its users are others.' });
    }
    await limitLogins({ addressBlock, app });
    // Before the code is spent.
    await database.query((sql) => checkStillOpen(sql, viewer));
    const exchanged = await exchange(app, code);
    const wanted = { userId, merges: merge ? 'any' : 'never', because: 'asked' } as const;
    const { merged, endings } = await database.transaction(async (sql, now) => {
      const recorded = await recordExchange(sql, now, keys, app, exchanged, wanted);
      await checkStillOpen(sql, viewer);
      if (recorded.endings.length > 0) return recorded;
      return { ...recorded, endings: await findUnfinishedMerges(sql, now, userId) };
    });
    parts.hooks?.usersMerged(merged);
    await finishEnding(parts, endings);
  };
}

/** Sessions of users who were merged into this one, by whomever, and whose values may still be there. */
async function findUnfinishedMerges(sql: Sql, now: number, userId: string): Promise<Ending[]> {
  const endings: Ending[] = [];
  for (const mergedId of await findMergedInto(sql, userId)) {
    endings.push(...(await findUnfinishedOfUser(sql, now, mergedId, 'merged')));
  }
  return endings;
}
