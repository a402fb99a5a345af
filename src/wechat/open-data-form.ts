import { fromBase64 } from '../lib/base64.js';
import { BLOCK_BYTES } from './open-data-cipher.js';

const MAX_BYTES = 65_536;

/** What `wx.getUserInfo` and its kin hand to the mini-program, as it sends it on. The signature is one of `rawData`. */
export interface SealedData {
  /** Padded standard base64, at most 64 KiB of it. */
  readonly encryptedData: string;
  /** Padded standard base64 of 16 bytes. */
  readonly iv: string;
  /** At most 64 KiB. With `signature`, or neither. */
  readonly rawData: string | null;
  /** 40 hex digits in either case. */
  readonly signature: string | null;
}

export interface SealedBytes {
  /** Whole blocks, at least one. */
  readonly ciphertext: Buffer;
  readonly iv: Buffer;
  readonly signed: { readonly rawData: string; readonly signature: Buffer } | null;
}

/** What is wrong with the form of what was sent: told without any key. */
export type FormFault =
  | 'length'
  | 'base64'
  | 'blocks'
  | 'iv'
  | 'signature_alone'
  | 'signature_form'
  | 'raw_data_length';

export function parseSealedData({ encryptedData, iv, rawData, signature }: SealedData): SealedBytes | FormFault {
  if (encryptedData === '' || encryptedData.length > MAX_BYTES) return 'length';
  const ciphertext = fromBase64(encryptedData);
  if (ciphertext === null) return 'base64';
  if (ciphertext.length % BLOCK_BYTES !== 0) return 'blocks';
  const ivBytes = fromBase64(iv);
  if (ivBytes?.length !== BLOCK_BYTES) return 'iv';
  if (rawData === null && signature === null) return { ciphertext, iv: ivBytes, signed: null };
  if (rawData === null || signature === null) return 'signature_alone';
  if (!/^[0-9a-fA-F]{40}$/.test(signature)) return 'signature_form';
  if (Buffer.byteLength(rawData) > MAX_BYTES) return 'raw_data_length';
  return { ciphertext, iv: ivBytes, signed: { rawData, signature: Buffer.from(signature, 'hex') } };
}
