import { test } from "node:test";
import assert from "node:assert/strict";
import { signatureVerify } from "@polkadot/util-crypto";
import { createRuntime } from "../runtime/construct.ts";
import { Context } from "../runtime/frame/context.ts";
import { signatureTask } from "../runtime/frame/executive.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import { EMPTY_STATE, State } from "../runtime/frame/state.ts";
import { TEST_HOST } from "../runtime/frame/testing.ts";
import { DEV_PARAMS } from "../runtime/params.ts";
import { BlockHash } from "../runtime/pallets/system/storage.ts";
import { IMMORTAL, eraBirth, mortalEra } from "../runtime/primitives/era.ts";
import { Hash } from "../runtime/primitives/types.ts";
import { keyPairFromSuri } from "../node/keys/suri.ts";
import { readCall } from "./call.ts";
import { messageToSign, signedExtrinsic } from "./sign.ts";
import type { SigningTerms } from "./sign.ts";

const apis = createRuntime(DEV_PARAMS);
const genesisHash = Hash(new Uint8Array(32).fill(1));
const birthHash = Hash(new Uint8Array(32).fill(2));
const short = readCall(apis, "balances.transferKeepAlive", { dest: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", value: "1" });
const long = readCall(apis, "System.remark", { remark: `0x${"ab".repeat(300)}` });

for (const scheme of ["sr25519", "ed25519", "ecdsa"] as const) {
  for (const [size, call] of [["short", short], ["long", long]] as const) {
    for (const [name, era] of [["immortal", IMMORTAL], ["mortal", mortalEra(64, 100)]] as const) {
      test(`the node and a wallet accept the ${scheme} signature of a ${size}, ${name} transaction`, () => {
        const pair = keyPairFromSuri("//Alice", scheme);
        const terms: SigningTerms = { genesisHash, era, blockNumber: 100, birthHash: era.type === "Immortal" ? genesisHash : birthHash, nonce: 7, tip: 5n };
        const { message } = messageToSign(apis, call, terms);
        const encoded = signedExtrinsic(apis, call, terms, pair.account, pair.sign(message));
        const extrinsic = decodeExtrinsic(apis.runtime, encoded);
        const ctx = new Context(apis.runtime, new State(EMPTY_STATE, apis.runtime.storageItems), TEST_HOST);
        ctx.blockNumber = 101;
        BlockHash.set(ctx.state, eraBirth(era, 101), birthHash);
        BlockHash.set(ctx.state, 0, genesisHash);
        const task = signatureTask(ctx, extrinsic);
        assert.ok(task.ok && task.value !== undefined);
        assert.ok(signatureVerify(task.value.message, task.value.signature.value, pair.publicKey).isValid);
      });
    }
  }
}

test("a call is found whatever its case and underscores; a wrong one is answered with the nearest", () => {
  assert.deepEqual(readCall(apis, "Balances.transfer_keep_alive", { dest: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", value: "1" }), short);
  assert.throws(() => readCall(apis, "balances.transfer", {}), /unknown call of Balances "transfer"/);
  assert.throws(() => readCall(apis, "balance.transfer_all", {}), /did you mean "Balances"/);
  assert.throws(() => readCall(apis, "transfer", {}), /"transfer" is not a call/);
});
