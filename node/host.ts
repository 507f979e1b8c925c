import { blake2b256Into } from "#hash";
import type { Host } from "../runtime/frame/context.ts";
import type { SignatureTask } from "../runtime/frame/executive.ts";
import { toLatin1 } from "../runtime/primitives/bytes.ts";
import { CodedError } from "../runtime/primitives/errors.ts";
import type { AccountId, MultiSignature } from "../runtime/primitives/types.ts";
import { isWellSized } from "./verifier/batch.ts";
import { Memo } from "./verifier/memo.ts";
import type { SignaturePool, Urgency } from "./verifier/pool.ts";
import { verifySignature } from "./verifier/verify.ts";

export class HostError extends CodedError<
  /** Keys are made through `author_rotateKeys`, not by a runtime call that anyone may ask for. */
  { code: "HOST_KEYS_REFUSED" }
> {}

export interface NodeHostOptions {
  readonly pool: SignaturePool;
  /** Outcomes remembered at least; about 100 bytes each, and up to twice as many. */
  readonly memoSize?: number;
}

/** More than the transactions that the pool and the blocks in flight can hold. */
const MEMO_SIZE = 65_536;

/** The runtime's slow functions. A signature is verified once per node: ahead, in the workers, and found here afterwards. */
export class NodeHost implements Host {
  readonly #pool: SignaturePool;
  readonly #memo: Memo;
  /** By key: the round of `prefetch` that verifies it. */
  readonly #inFlight = new Map<string, Promise<void>>();
  #verifiedHere = 0;

  constructor({ pool, memoSize = MEMO_SIZE }: NodeHostOptions) {
    this.#pool = pool;
    this.#memo = new Memo(memoSize);
  }

  /** Signatures that nobody prefetched, verified on the calling thread. */
  get verifiedHere(): number {
    return this.#verifiedHere;
  }

  verifySignature(signature: MultiSignature, message: Uint8Array, signer: AccountId): boolean {
    const task = { signature, message, signer };
    if (!isWellSized(task)) return false;
    const key = taskKey(task);
    const known = this.#memo.get(key);
    if (known !== undefined) return known;
    this.#verifiedHere++;
    const valid = verifySignature(task);
    this.#memo.set(key, valid);
    return valid;
  }

  /** Verifies in the workers what is not known yet. Never fails: what the workers could not do, `verifySignature` does. */
  async prefetch(tasks: readonly SignatureTask[], urgency: Urgency = "transaction"): Promise<void> {
    const fresh = new Map<string, SignatureTask>();
    const rounds = new Set<Promise<void>>();
    for (const task of tasks) {
      if (!isWellSized(task)) continue;
      const key = taskKey(task);
      if (this.#memo.get(key) !== undefined) continue;
      const round = this.#inFlight.get(key);
      // A block does not wait behind transactions: better verified twice.
      if (round !== undefined && urgency === "transaction") rounds.add(round);
      else fresh.set(key, task);
    }
    if (fresh.size > 0) rounds.add(this.#run(fresh, urgency));
    await Promise.all(rounds);
  }

  /** Anyone may make runtime calls, so none of them makes keys. */
  generateSessionKeys(): Uint8Array {
    throw new HostError({ code: "HOST_KEYS_REFUSED" }, "session keys are made with author_rotateKeys, not by a runtime call");
  }

  #run(fresh: ReadonlyMap<string, SignatureTask>, urgency: Urgency): Promise<void> {
    const keys = [...fresh.keys()];
    const round = this.#pool.verifyAll([...fresh.values()], urgency).then((results) => {
      for (const [i, key] of keys.entries()) {
        if (this.#inFlight.get(key) === round) this.#inFlight.delete(key);
        if (results[i] !== undefined) this.#memo.set(key, results[i]);
      }
    });
    for (const key of keys) this.#inFlight.set(key, round);
    return round;
  }
}

let scratch = new Uint8Array(1024);
const digest = new Uint8Array(32);

/** Unlike for unlike tasks: the scheme fixes the size of the signature, the signer has 32 bytes, and the rest is the message. */
function taskKey({ signature, message, signer }: SignatureTask): string {
  const size = 1 + signature.value.length + 32 + message.length;
  if (size > scratch.length) scratch = new Uint8Array(2 * size);
  scratch[0] = signature.type.charCodeAt(1); // d, r, c
  scratch.set(signature.value, 1);
  scratch.set(signer, 1 + signature.value.length);
  scratch.set(message, 33 + signature.value.length);
  blake2b256Into(digest, scratch.subarray(0, size));
  return toLatin1(digest);
}
