import type { IncomingHttpHeaders } from 'node:http';

/** Where wafer2's client sends its requests, to routes of menjin or of somebody's own. */
export const WAFER_PREFIX = '/weapp/';

/** What that client says it says in headers. Node writes their names in lower case. */
export const waferHeaders = {
  code: 'x-wx-code',
  encryptedData: 'x-wx-encrypted-data',
  iv: 'x-wx-iv',
  skey: 'x-wx-skey',
} as const;

/** null when it is absent or empty. Several are joined by commas, as Node does it: nothing of this kind has one. */
export function headerOf({ headers }: { readonly headers: IncomingHttpHeaders }, name: string): string | null {
  return [headers[name]].flat().join() || null;
}
