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

/** An IP address, or a range of them in CIDR notation. Not all there are: proxy-addr throws at a prefix of 0. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
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

/**
 * The block of addresses that one sender is likely to have: an IPv4 address alone, of IPv6 a /64. A port, brackets and a
 * zone, which proxies put beside an address, are left out. null for what is no address.
 */
export function addressBlock(text: string): string | null {
  const [, bracketed, withPort] = /^(?:\[([^\]]*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/.exec(text) ?? [];
  const [address = ''] = (bracketed ?? withPort ?? text).split('%');
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : null;
  const groups = groupsOf(address);
  const isMappedIpv4 = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  if (!isMappedIpv4) return `${groups.slice(0, 4).join(':')}::/64`;
  const bytes = groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return bytes.join('.');
}

/** All eight groups of an IPv6 address, in lower-case hexadecimal. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0');
  return [...(before ?? []), ...zeros, ...(after ?? [])];
}
