import { isIP, type Socket } from 'node:net';
import { addressBlock } from '../lib/network-address.js';

/**
 * Whom limits count for this request: the address that TRUST_PROXY makes believable. What a proxy passed on may be no
 * address; then it is the proxy's own. To be asked before anything is waited for: a connection that has ended has no
 * address any more.
 */
export function senderOf({ ip, socket }: { readonly ip?: string; readonly socket: Socket }): string {
  return addressBlock(ip ?? '') ?? addressBlock(socket.remoteAddress ?? '') ?? 'unknown';
}

/** Its address itself; null for what is none. To be asked as early. */
export function addressOf({ ip, socket }: { readonly ip?: string; readonly socket: Socket }): string | null {
  const given = [ip, socket.remoteAddress].find((address) => address !== undefined && isIP(address) !== 0);
  return given?.replace(/^::ffff:(?=\d+\.)/i, '') ?? null;
}
