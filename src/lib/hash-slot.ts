/** How many parts the keys of a Redis Cluster are divided into. */
export const HASH_SLOTS = 16_384;

/** The part a key is in: CRC16 (XMODEM) of it, or of what is in its first braces. https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
export function hashSlotOf(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
  return crc16(Buffer.from(tag ?? key)) % HASH_SLOTS;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}
