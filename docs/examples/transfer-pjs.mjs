// Moves one MESI from Alice to Bob with @polkadot/api. Usage: node transfer-pjs.mjs ws://127.0.0.1:9944
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";

const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2] ?? "ws://127.0.0.1:9944"), noInitWarn: true });
const keys = new Keyring({ type: "sr25519" });
const alice = keys.addFromUri("//Alice");
const bob = keys.addFromUri("//Bob");

await new Promise((resolve, reject) => {
  api.tx.balances.transferKeepAlive(bob.address, 1_000_000_000_000n).signAndSend(alice, ({ status, dispatchError }) => {
    if (dispatchError) reject(new Error(dispatchError.toString()));
    else if (status.isFinalized) {
      console.log(`finalized in ${status.asFinalized.toHex()}`);
      resolve();
    }
  }).catch(reject);
});
const { data } = await api.query.system.account(bob.address);
console.log(`Bob has ${data.free.toBigInt() / 1_000_000_000_000n} MESI`);
await api.disconnect();
