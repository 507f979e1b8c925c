import { test } from "node:test";
import { startDevNode } from "../support/dev-node.ts";
import { MESI, connect, feePaid, freshPair, fund, toFinalized } from "./pjs-support.ts";
test("x", async () => {
  const node = await startDevNode(); const { api, close } = await connect(node.wsUrl);
  for (const type of ["sr25519", "ed25519", "ecdsa"] as const) {
    const [from, to] = [freshPair(type), freshPair(type)]; await fund(api, [from]);
    const t = api.tx.balances.transferKeepAlive(to.address, MESI);
    const q = await t.paymentInfo(from); const r = await toFinalized(t, from);
    console.log(type, q.partialFee.toBigInt(), feePaid(api, r), q.partialFee.toBigInt() - feePaid(api, r), q.weight.toHuman(), t.encodedLength);
    const sub: string[] = [];
    await api.tx.system.remark("0x00").signAsync(from).then((x) => new Promise<void>((res) => connectRaw(api, x.toHex(), sub, res)));
    console.log(sub.join(" "));
  }
  await close(); await node.stop();
});
function connectRaw(api: any, hex: string, sub: string[], res: () => void) {
  api._rpcCore.provider.subscribe("author_extrinsicUpdate", "author_submitAndWatchExtrinsic", [hex], (e: any, r: any) => { sub.push(JSON.stringify(r)); if (r.finalized) res(); });
}
