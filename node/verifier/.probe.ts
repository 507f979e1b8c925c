import * as w from "./wasm.ts";
import { randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
let s = performance.now();
const seed = randomBytes(32), h = randomBytes(32);
const sig = w.secp256k1Sign(h, seed)!; const pub = w.secp256k1PairFromSeed(seed)!.subarray(32);
console.log(Buffer.from(w.secp256k1Recover(h, sig.subarray(0, 64), sig[64]!)!).equals(Buffer.from(pub)), performance.now() - s);
const kp = w.sr25519PairFromSeed(seed)!; const m = randomBytes(90);
const ss = w.sr25519Sign(kp.subarray(64), kp.subarray(0, 64), m)!;
console.log(w.sr25519Verify(ss, m, kp.subarray(64)), w.mnemonicGenerate(12), w.mnemonicIsValid(w.mnemonicGenerate(24)), w.mnemonicIsValid("a b"));
let traps = 0; s = performance.now();
for (let i = 0; i < 60000; i++) { const b = randomBytes(64); b[0] = 1; b[32] = 1; if (w.secp256k1Recover(h, b, 0) === undefined) traps++; if (i % 20000 === 0) console.log(i, traps, process.memoryUsage().rss / 1e6); }
console.log("per call us", (performance.now() - s) / 60, "traps", traps, w.sr25519Verify(ss, m, kp.subarray(64)));
// Q = infinity: R = kG, s = z/k
const n = secp256k1.Point.Fn.ORDER; const k = 12345n; const R = secp256k1.Point.BASE.multiply(k);
const z = BigInt("0x" + h.toString("hex")) % n; const Fn = secp256k1.Point.Fn; const sv = Fn.mul(z, Fn.inv(k));
const b = new Uint8Array([...Fn.toBytes(R.x % n), ...Fn.toBytes(sv)]);
s = performance.now(); for (let i = 0; i < 500; i++) w.secp256k1Recover(h, b, Number(R.y & 1n)); console.log("infinity:", w.secp256k1Recover(h, b, Number(R.y & 1n)), (performance.now() - s) * 2);
s = performance.now(); for (let i = 0; i < 500; i++) w.secp256k1Recover(h, sig, sig[64]!); 
s = performance.now(); for (let i = 0; i < 500; i++) w.sr25519Verify(ss, m, kp.subarray(64)); console.log("sr us", (performance.now() - s) * 2);
