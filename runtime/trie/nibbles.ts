// Keys are walked half a byte at a time: nibble 0 is the high half of byte 0.

/** Longest key the trie takes, in bytes. It bounds every recursion over the trie: one level per nibble at most. */
export const MAX_KEY_BYTES = 1024;

export function nibbleAt(key: Uint8Array, index: number): number {
  return (index & 1) === 0 ? key[index >> 1] >> 4 : key[index >> 1] & 15;
}

/** The nibbles `from` to `to` (exclusive) of `key`, one per byte. */
export function nibblesOf(key: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  for (let i = from; i < to; i++) out[i - from] = nibbleAt(key, i);
  return out;
}

/**
 * The path of a slot: the first `count` nibbles of any key that runs through it.
 * Shape: u16 big endian count ++ the nibbles packed, an odd last one in the high half.
 */
export function pathOf(key: Uint8Array, count: number): Uint8Array {
  const whole = count >> 1;
  const odd = count & 1;
  const out = new Uint8Array(2 + whole + odd);
  out[0] = count >> 8;
  out[1] = count & 255;
  for (let i = 0; i < whole; i++) out[2 + i] = key[i];
  if (odd === 1) out[2 + whole] = key[whole] & 0xf0;
  return out;
}

/** Packs `count` nibbles, one per byte, of an even count into whole bytes. */
export function packNibbles(nibbles: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array((count + 1) >> 1);
  for (let i = 0; i < count; i++) out[i >> 1] |= (i & 1) === 0 ? nibbles[i] << 4 : nibbles[i];
  return out;
}

/** How many bits of a 16-bit mask are set. */
export function countBits(mask: number): number {
  let x = mask - ((mask >> 1) & 0x5555);
  x = (x & 0x3333) + ((x >> 2) & 0x3333);
  x = (x + (x >> 4)) & 0x0f0f;
  return (x + (x >> 8)) & 31;
}
