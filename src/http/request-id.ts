import { randomId } from '../lib/random.js';

const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** The name that the client, or a proxy, has given a request, if it can be one; else a new one. Never throws. */
export function requestIdOf(given: string | readonly string[] | undefined): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : freshId();
}

/** Fastify calls this where a throw ends the process. It keeps no secret: what needs random numbers refuses by itself. */
function freshId(): string {
  try {
    return randomId();
  } catch {
    return 'unnamed';
  }
}
