import { hkdfSync } from 'node:crypto';
import { sha256Hex } from './bytes.js';

/** A server key, known in stored data by its `kid`, and used only through subkeys of one purpose each. */
export interface ServerKey {
  readonly kid: string;
  subkey(purpose: 'token' | 'seal'): Buffer;
}

/** The first key seals and signs, all open. */
export interface KeyRing {
  readonly first: ServerKey;
  /** null when this process does not know the key (yet): a rotation is under way. */
  byKid(kid: string): ServerKey | null;
}

const KEY_BYTES = 32;

/** @param keys 32 bytes each, the first is the current one. */
export function createKeyRing(keys: readonly Uint8Array[]): KeyRing {
  const serverKeys = keys.map(createServerKey);
  const [first] = serverKeys;
  if (first === undefined) throw new TypeError('a key ring needs at least one key');
  const byKid = new Map(serverKeys.map((key) => [key.kid, key]));
  return { first, byKid: (kid) => byKid.get(kid) ?? null };
}

function createServerKey(bytes: Uint8Array): ServerKey {
  if (bytes.length !== KEY_BYTES) throw new TypeError(`a server key has ${KEY_BYTES} bytes`);
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', bytes, '', `menjin/${purpose}`, KEY_BYTES));
  const subkeys = { token: derive('token'), seal: derive('seal') };
  // The kid is made of a subkey of its own, so that it says nothing about the key.
  const kid = sha256Hex(derive('kid')).slice(0, 8);
  return { kid, subkey: (purpose) => subkeys[purpose] };
}
