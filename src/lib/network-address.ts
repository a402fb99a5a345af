import { BlockList, isIP } from 'node:net';

const loopbackOrPrivate = new BlockList();
loopbackOrPrivate.addSubnet('127.0.0.0', 8, 'ipv4');
loopbackOrPrivate.addSubnet('10.0.0.0', 8, 'ipv4');
loopbackOrPrivate.addSubnet('172.16.0.0', 12, 'ipv4');
loopbackOrPrivate.addSubnet('192.168.0.0', 16, 'ipv4');
loopbackOrPrivate.addAddress('::1', 'ipv6');
loopbackOrPrivate.addSubnet('fc00::', 7, 'ipv6');

/** Loopback, RFC 1918, fc00::/7, `*.local`, or a name of one label (`localhost`, a container's name). */
export function isLoopbackOrPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  if (family !== 0) return loopbackOrPrivate.check(host, family === 4 ? 'ipv4' : 'ipv6');
  return !host.includes('.') || host.toLowerCase().endsWith('.local');
}

/** An IP address, or a range of them in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** A name or an IP address to listen on, without a port. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const looksLikeAddress = /^[\d.]+$/.test(text);
  return !looksLikeAddress && text.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text);
}

/** The origin as browsers spell it; null when the text has a path, a query, credentials, or another scheme than http(s). */
export function parseOrigin(text: string): string | null {
  if (!/^https?:\/\/[^/?#@\\\s*,]+\/?$/i.test(text)) return null;
  return URL.canParse(text) ? new URL(text).origin : null;
}
