// xxHash64 with the seeds 0, 1, 2, 3, each little-endian: the hashers of storage prefixes. Not collision resistant: never for user-chosen keys alone.
import xxhash from "xxhash-wasm";

const { h64Raw } = await xxhash();

function twox(bytes: Uint8Array, lanes: number): Uint8Array {
  const out = new Uint8Array(8 * lanes);
  const view = new DataView(out.buffer);
  for (let seed = 0; seed < lanes; seed++) view.setBigUint64(8 * seed, h64Raw(bytes, BigInt(seed)), true);
  return out;
}

export function twox64(bytes: Uint8Array): Uint8Array {
  return twox(bytes, 1);
}

export function twox128(bytes: Uint8Array): Uint8Array {
  return twox(bytes, 2);
}

export function twox256(bytes: Uint8Array): Uint8Array {
  return twox(bytes, 4);
}
