import { AppError } from '../errors.js';
import type { KeyRing } from '../lib/key-ring.js';
import { open } from '../lib/seal.js';
import type { Database } from '../sql/database.js';
import { findByKey } from '../users/identities.js';
import { sessionKeyPlace } from '../users/sealed-keys.js';
import { type OpenedData, openSealedData, type SealedData } from '../wechat/open-data.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

/**
 * Opens data that WeChat has encrypted for the viewer, with the session_key of their last login or the one before it. It
 * changes nothing; the same again is answered the same until the data is too old.
 *
 * @throws AppError OPEN_DATA_REFUSED, UNAUTHENTICATED, SERVICE_UNAVAILABLE
 */
export type DecryptOpenData = (viewer: Viewer, sealed: SealedData) => Promise<OpenedData>;

export interface OpenDataParts {
  readonly database: Database;
  readonly keys: KeyRing;
  /** null: data of any age. */
  readonly openDataMaxAgeMs: number | null;
}

export function createDecryptOpenData({ database, keys, openDataMaxAgeMs }: OpenDataParts): DecryptOpenData {
  return async (viewer, sealed) => {
    const { tenant, platform, appid, openid } = viewer;
    const { identity, now } = await database.query(async (sql, at) => {
      await checkStillOpen(sql, viewer);
      return { identity: await findByKey(sql, { tenant, platform, appid, openid }), now: at };
    });
    if (identity === null) throw new AppError('UNAUTHENTICATED', { detail: 'the identity of the viewer is gone' });
    const place = sessionKeyPlace(identity);
    const { sessionKey, previousSessionKey } = identity;
    const current = open(keys, sessionKey, place);
    const previous = previousSessionKey === null ? null : open(keys, previousSessionKey, place);
    return openSealedData(sealed, { current, previous }, { appid, openid, now, maxAgeMs: openDataMaxAgeMs });
  };
}
