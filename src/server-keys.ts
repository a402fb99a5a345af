import type { Config } from './config.js';
import { loadDevelopmentKeys } from './development-keys.js';

export { DataDirError } from './development-keys.js';

/**
 * The keys of SECRET_KEYS; without them, which is only outside production, those of DATA_DIR.
 * @throws DataDirError
 */
export function serverKeysOf({ secretKeys, dataDir }: Pick<Config, 'secretKeys' | 'dataDir'>): readonly Uint8Array[] {
  return secretKeys.length > 0 ? secretKeys : loadDevelopmentKeys(dataDir);
}
