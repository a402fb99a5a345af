import type { Client, ClientOptions } from './api.js';
import { realClock } from './clock.js';
import { composeClient } from './compose-client.js';

/**
 * A client of one gateway. Make one, in a module of its own: pages that share it share one login.
 *
 * @throws TypeError when an option is not of its form
 */
export function createClient(options: ClientOptions): Client {
  return composeClient(options, realClock);
}
