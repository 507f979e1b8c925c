// Moves one MESI from Alice to Bob with polkadot-api. Usage: node transfer-papi.mjs ws://127.0.0.1:9944
// Needs a global WebSocket: on Node 20 run it with NODE_OPTIONS=--experimental-websocket.
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { createClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";

await cryptoWaitReady();
const keys = new Keyring({ type: "sr25519" });
const alice = keys.addFromUri("//Alice");
const bob = keys.addFromUri("//Bob");

const client = createClient(getWsProvider(process.argv[2] ?? "ws://127.0.0.1:9944"));
// Untyped, straight from the chain's metadata; `papi add` generates typed descriptors.
const api = client.getUnsafeApi();
const signer = getPolkadotSigner(alice.publicKey, "Sr25519", (bytes) => alice.sign(bytes));
const transfer = api.tx.Balances.transfer_keep_alive({ dest: { type: "Id", value: bob.address }, value: 1_000_000_000_000n });
const { ok, block } = await transfer.signAndSubmit(signer);
console.log(`${ok ? "done" : "failed"} in block ${block.number}`);
const { data } = await api.query.System.Account.getValue(bob.address);
console.log(`Bob has ${data.free / 1_000_000_000_000n} MESI`);
client.destroy();
