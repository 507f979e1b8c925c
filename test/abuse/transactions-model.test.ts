// Eight users who send good, stale, early, replaced, repeated and broken transactions at once, against a model of what they should
// have and own in the end. The promise under test: an accepted transaction is included, or its watcher is told why not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../runtime/primitives/bytes.ts";
import { decode, struct, vec } from "../../runtime/primitives/codec/index.ts";
import { HashTy } from "../../runtime/primitives/types.ts";
import { decodeExtrinsic } from "../../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { RuntimeCall, RuntimeEvent } from "../../runtime/frame/pallet.ts";
import { PhaseTy } from "../../runtime/frame/types.ts";
import type { Phase } from "../../runtime/frame/types.ts";
import type { AccountInfo } from "../../runtime/pallets/system/types.ts";
import { keyPairFromSuri } from "../../node/keys/suri.ts";
import type { KeyPair } from "../../node/keys/suri.ts";
import { Random, chosenSeed } from "../fuzz/random.ts";
import { startDevNode } from "../support/dev-node.ts";
import { MESI, Wire, hashOf, runtime, signed, sleep, transfer, within } from "./support.ts";

const LONG = process.env["ABUSE"] === "long";
const USERS = 8;
const ACTIONS = LONG ? 400 : 30;
const FUNDS = 1_000n * MESI;
const SETTLE_MS = 60_000;

/** What a user sent and the node took, by its hash. */
interface Accepted {
  readonly user: User;
  readonly nonce: number;
  readonly statuses: unknown[];
}

/** The statuses after which nothing follows. */
function endOf({ statuses }: Accepted): string | undefined {
  const last = statuses.at(-1);
  const name = typeof last === "string" ? last : Object.keys((last as object | undefined) ?? {})[0];
  return name !== undefined && ["finalized", "usurped", "dropped", "invalid", "finalityTimeout"].includes(name) ? name : undefined;
}

class World {
  readonly wire: Wire;
  readonly genesis: Uint8Array;
  readonly accepted = new Map<string, Accepted>();
  /** How often each code refused something. */
  readonly refused = new Map<string, number>();

  constructor(wire: Wire, genesis: Uint8Array) {
    this.wire = wire;
    this.genesis = genesis;
  }

  /** Undefined when it was taken, else the code. */
  async submit(user: User, encoded: string, nonce: number, kind: string): Promise<number | undefined> {
    const hash = hashOf(encoded);
    const entry = this.accepted.get(hash) ?? { user, nonce, statuses: [] };
    try {
      await this.wire.subscribe("author_submitAndWatchExtrinsic", [encoded], (status) => void entry.statuses.push(status));
      this.accepted.set(hash, entry);
      return undefined;
    } catch (error) {
      const { code } = error as { code?: number };
      assert.ok(code !== undefined && code >= 1000 && code < 1030, `${kind}: ${(error as Error).message}`);
      this.refused.set(`${kind} ${code}`, (this.refused.get(`${kind} ${code}`) ?? 0) + 1);
      return code;
    }
  }
}

class User {
  readonly key: KeyPair;
  readonly #world: World;
  readonly #random: Random;
  readonly #used = new Set<number>();
  /** The last transaction sent per nonce, with its tip. */
  readonly #last = new Map<number, { readonly encoded: string; readonly tip: bigint }>();

  constructor(world: World, index: number, seed: number) {
    this.#world = world;
    this.#random = new Random(seed + index);
    this.key = keyPairFromSuri(`//model//${index}`, (["sr25519", "ed25519", "ecdsa"] as const)[index % 3]!);
  }

  #free(): number {
    let nonce = 0;
    while (this.#used.has(nonce)) nonce++;
    return nonce;
  }

  #call(users: readonly User[]): RuntimeCall {
    const to = this.#random.pick(users).key.account;
    // One in six asks for more than anyone has: included, failed, its fee paid.
    const value = this.#random.chance(6) ? 10n ** 30n : BigInt(1 + this.#random.below(1_000_000)) * 1_000n;
    return transfer(to, value, this.#random.chance(2) ? "transfer_allow_death" : "transfer_keep_alive");
  }

  async act(users: readonly User[]): Promise<void> {
    switch (this.#random.below(12)) {
      case 0:
        return this.#send(this.#free() + 1 + this.#random.below(3), 0n, users, "early");
      case 1:
      case 2:
        return this.#replace(users);
      case 3:
        return this.#again();
      case 4:
        return this.#mustRefuse(this.#sign(0, 0n, this.#call(users)), "stale", this.#last.size > 0 && endOfNonce(this.#world, this, 0));
      case 5:
        return this.#broken(users);
      default:
        return this.#send(this.#free(), BigInt(this.#random.below(3)) * MESI, users, "good", true);
    }
  }

  /** Sends what is missing before the highest nonce used. */
  async fillGaps(users: readonly User[]): Promise<void> {
    while (this.#free() < Math.max(0, ...this.#used)) await this.#send(this.#free(), 0n, users, "filling", true);
  }

  #sign(nonce: number, tip: bigint, call: RuntimeCall): string {
    return signed(this.key, call, this.#world.genesis, { nonce, tip });
  }

  async #send(nonce: number, tip: bigint, users: readonly User[], kind: string, must = false): Promise<void> {
    if (this.#used.has(nonce)) return;
    const encoded = this.#sign(nonce, tip, this.#call(users));
    const refusal = await this.#world.submit(this, encoded, nonce, kind);
    if (must) assert.equal(refusal, undefined, `${kind} nonce ${nonce}`);
    if (refusal !== undefined) return;
    this.#used.add(nonce);
    this.#last.set(nonce, { encoded, tip });
  }

  /** Another transaction in the place of a recent one: the higher tip wins, unless the first is in a block already. */
  async #replace(users: readonly User[]): Promise<void> {
    const [nonce, last] = [...this.#last].at(-1 - this.#random.below(Math.min(3, this.#last.size))) ?? [];
    if (nonce === undefined || last === undefined) return;
    const tip = this.#random.chance(3) ? last.tip : last.tip * 2n + MESI;
    const encoded = this.#sign(nonce, tip, this.#call(users));
    if (encoded === last.encoded) return;
    const refusal = await this.#world.submit(this, encoded, nonce, tip === last.tip ? "underbid" : "replacing");
    if (refusal === undefined) this.#last.set(nonce, { encoded, tip });
  }

  async #again(): Promise<void> {
    const last = [...this.#last.values()].at(-1);
    if (last === undefined) return;
    assert.notEqual(await this.#world.submit(this, last.encoded, -1, "repeated"), undefined, "the same transaction is taken twice");
  }

  async #mustRefuse(encoded: string, kind: string, applies: boolean): Promise<void> {
    if (applies) assert.equal(await this.#world.submit(this, encoded, -1, kind), 1010);
  }

  async #broken(users: readonly User[]): Promise<void> {
    const bytes = fromHex(this.#sign(this.#free(), 0n, this.#call(users))).slice();
    bytes[this.#random.below(bytes.length)]! ^= 1 << this.#random.below(8);
    const shown = toHex(this.#random.chance(4) ? bytes.slice(0, this.#random.below(bytes.length)) : bytes);
    assert.notEqual(await this.#world.submit(this, shown, -1, "broken"), undefined, `taken although broken: ${shown}`);
  }
}

function endOfNonce({ accepted }: World, user: User, nonce: number): boolean {
  return [...accepted.values()].some((entry) => entry.user === user && entry.nonce === nonce && endOf(entry) === "finalized");
}

interface EventRecord {
  readonly phase: Phase;
  readonly event: RuntimeEvent;
}
const RecordsTy = vec(struct("", { phase: PhaseTy, event: runtime.outer.event, topics: vec(HashTy) }));
const item = (pallet: string, name: string) => [...runtime.storageItems.values()].find((one) => one.pallet === pallet && one.name === name)!;

/** What the users have, by the model; blocks are replayed into it. */
class Ledger {
  readonly free = new Map<string, bigint>();
  readonly nonces = new Map<string, number>();
  readonly included = new Map<string, string>();
  failed = 0;

  constructor(users: readonly User[]) {
    for (const { key } of users) {
      this.free.set(toHex(key.account), FUNDS);
      this.nonces.set(toHex(key.account), 0);
    }
  }

  replay(blockHash: string, encoded: string, extrinsic: Extrinsic, events: readonly RuntimeEvent[]): void {
    if (extrinsic.preamble.type !== "Signed" || extrinsic.preamble.address.type !== "Id") return;
    const from = toHex(extrinsic.preamble.address.value);
    if (!this.free.has(from)) return;
    assert.equal(extrinsic.preamble.extras[5], this.nonces.get(from), "nonces follow each other");
    this.nonces.set(from, this.nonces.get(from)! + 1);
    this.included.set(hashOf(encoded), blockHash);
    const fee = find(events, "TransactionPayment", "TransactionFeePaid")!["actual_fee"] as bigint;
    this.free.set(from, this.free.get(from)! - fee);
    const { dest, value } = extrinsic.call.value.value as { dest: { value: Uint8Array }; value: bigint };
    const affordable = value <= FUNDS;
    assert.equal(find(events, "System", "ExtrinsicSuccess") !== undefined, affordable, "it succeeds exactly when it can be paid");
    if (!affordable) {
      this.failed++;
      return;
    }
    this.free.set(from, this.free.get(from)! - value);
    const to = toHex(dest.value);
    this.free.set(to, this.free.get(to)! + value);
  }
}

function find(events: readonly RuntimeEvent[], pallet: string, name: string): Record<string, unknown> | undefined {
  const found = events.find(({ type, value }) => type === pallet && value.type === name);
  return found && ((found.value.value ?? {}) as Record<string, unknown>);
}

async function replayAll(wire: Wire, ledger: Ledger, from: number): Promise<void> {
  const best = Number((await wire.call<{ number: string }>("chain_getHeader")).number);
  for (let number = from; number <= best; number++) {
    const hash = await wire.call<string>("chain_getBlockHash", number);
    const { block } = await wire.call<{ block: { extrinsics: string[] } }>("chain_getBlock", hash);
    const records = decode(RecordsTy, fromHex(await wire.call<string>("state_getStorage", toHex(item("System", "Events").keyBytes(undefined)), hash))) as readonly EventRecord[];
    for (const [index, encoded] of block.extrinsics.entries()) {
      const events = records.filter(({ phase }) => phase.type === "ApplyExtrinsic" && phase.value === index).map(({ event }) => event);
      ledger.replay(hash, encoded, decodeExtrinsic(runtime, fromHex(encoded)), events);
    }
  }
}

test("whatever users send at once, accepted transactions end as told, and balances and nonces are the model's", { timeout: 180_000 }, async (t) => {
  const seed = chosenSeed();
  t.diagnostic(`seed ${seed}`);
  const node = await startDevNode({ args: ["--tmp"] });
  t.after(() => void node.process.kill("SIGKILL"));
  const wire = await Wire.open(node.wsUrl);
  t.after(() => wire.close());
  const world = new World(wire, fromHex(await wire.call<string>("chain_getBlockHash", 0)));
  const users = Array.from({ length: USERS }, (_, i) => new User(world, i, seed));
  const alice = keyPairFromSuri("//Alice", "sr25519");
  const funding: RuntimeCall = { type: "Utility", value: { type: "batch_all", value: { calls: users.map(({ key }) => transfer(key.account, FUNDS)) } } };
  const funder = new User(world, 99, seed);
  await world.submit(funder, signed(alice, funding, world.genesis, { nonce: 0 }), 0, "funding");
  await settled(world);
  const start = Number((await wire.call<{ number: string }>("chain_getHeader")).number) + 1;

  await Promise.all(users.map(async (user) => {
    for (let i = 0; i < ACTIONS; i++) await user.act(users);
    await user.fillGaps(users);
  }));
  await settled(world);

  const ledger = new Ledger(users);
  await replayAll(wire, ledger, start);
  for (const { key } of users) {
    const id = toHex(key.account);
    const stored = await wire.call<string>("state_getStorage", toHex(item("System", "Account").keyBytes(key.account)));
    const { nonce, data } = item("System", "Account").decodeValue(fromHex(stored)) as AccountInfo;
    assert.deepEqual([nonce, data.free], [ledger.nonces.get(id), ledger.free.get(id)], id);
  }
  const ends = new Map<string, number>();
  for (const [hash, entry] of world.accepted) {
    if (entry.user === funder) continue;
    const end = endOf(entry)!;
    ends.set(end, (ends.get(end) ?? 0) + 1);
    const { finalized, usurped } = entry.statuses.at(-1) as { finalized?: string; usurped?: string };
    assert.equal(ledger.included.get(hash), finalized, `${hash}: ${JSON.stringify(entry.statuses)}`);
    if (end === "usurped") assert.deepEqual([world.accepted.get(usurped!)?.user, world.accepted.get(usurped!)?.nonce], [entry.user, entry.nonce]);
    assert.ok(end === "finalized" || end === "usurped", `${hash} ends with ${JSON.stringify(entry.statuses)}`);
  }
  for (const hash of ledger.included.keys()) assert.ok(world.accepted.has(hash), "a transaction in a block that nobody sent");
  t.diagnostic(`accepted: ${format(ends)}, of them ${ledger.failed} failed in the block; refused: ${format(world.refused)}`);
  assert.equal(await within(15_000, "the end of the process", node.stop()), 0);
});

async function settled(world: World): Promise<void> {
  const open = (): string[] => [...world.accepted].filter(([, entry]) => endOf(entry) === undefined).map(([hash, { nonce, statuses }]) => `${hash} nonce ${nonce}: ${JSON.stringify(statuses)}`);
  for (const endMs = performance.now() + SETTLE_MS; open().length > 0; await sleep(20)) {
    assert.ok(performance.now() < endMs, `no end of these:\n${open().slice(0, 10).join("\n")}`);
  }
}

function format(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}
