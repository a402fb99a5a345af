import type { FastifyInstance } from 'fastify';
import type { Log } from '../observe/log.js';

/** How many proxies stand in front, or their addresses and CIDR ranges; null: none is believed. */
export type TrustProxy = number | readonly string[] | null;

/** TRUST_PROXY in the form that Fastify takes. */
export function trustedProxies(trustProxy: TrustProxy) {
  if (trustProxy === null) return false;
  return typeof trustProxy === 'number' ? (_address: string, hop: number) => hop < trustProxy : [...trustProxy];
}

/** Once, and not before the header is seen. */
export function warnAboutUntrustedProxy(
  app: FastifyInstance,
  { log, trustProxy }: { readonly log: Log; readonly trustProxy: TrustProxy },
): void {
  if (trustProxy !== null) return;
  let isWarned = false;
  app.addHook('onRequest', async (request) => {
    if (isWarned || request.headers['x-forwarded-for'] === undefined) return;
    isWarned = true;
    log.warn(
      'A request carries X-Forwarded-For, and TRUST_PROXY is not set: every client looks like the proxy. Set TRUST_PROXY to the number of proxies in front.',
    );
  });
}
