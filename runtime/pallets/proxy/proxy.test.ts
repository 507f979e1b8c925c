import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { toHex } from "../../primitives/bytes.ts";
import { encode } from "../../primitives/codec/index.ts";
import { Hash } from "../../primitives/types.ts";
import type { AccountId } from "../../primitives/types.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { account } from "../../frame/testing.ts";
import { derivativeAccountId } from "../utility/calls.ts";
import { MESI, TestChain, call, id, transferTo } from "../testing.ts";
import { announcementDeposit } from "./announcements.ts";
import { proxyDeposit, pureAccountId } from "./delegates.ts";
import type { ProxyType } from "./proxy-type.ts";
import { Announcements, MAX_PENDING, MAX_PROXIES, Proxies } from "./storage.ts";

const [alice, bob, carol, dave] = [account(1), account(2), account(3), account(4)] as const;
type Name = ProxyType["type"];

function chain(): TestChain {
  const made = new TestChain();
  for (const who of [alice, bob, carol]) made.endow(who, 10n * MESI);
  return made;
}

const add = (delegate: AccountId, type: Name = "Any", delay = 0): RuntimeCall =>
  call("Proxy.add_proxy", { delegate: id(delegate), proxy_type: { type }, delay });
const remove = (delegate: AccountId, type: Name = "Any", delay = 0): RuntimeCall =>
  call("Proxy.remove_proxy", { delegate: id(delegate), proxy_type: { type }, delay });
const through = (real: AccountId, inner: RuntimeCall, forced?: Name): RuntimeCall =>
  call("Proxy.proxy", { real: id(real), force_proxy_type: forced && { type: forced }, call: inner });
const announced = (delegate: AccountId, real: AccountId, inner: RuntimeCall): RuntimeCall =>
  call("Proxy.proxy_announced", { delegate: id(delegate), real: id(real), force_proxy_type: undefined, call: inner });
const pay = transferTo(dave, MESI);

function hashOf(made: TestChain, inner: RuntimeCall): Hash {
  return Hash(blake2b256(encode(made.ctx.runtime.outer.call, inner)));
}

/** How the inner call of the last proxy call ended. */
function executed(made: TestChain): string {
  const event = made.events("Proxy").findLast(({ type }) => type === "ProxyExecuted")!;
  return made.nameOf((event.value as { result: Parameters<TestChain["nameOf"]>[0] }).result);
}

/** Submits and says how the inner call ended; the outer one must succeed. */
function proxied(made: TestChain, who: AccountId, outer: RuntimeCall): string {
  assert.equal(made.outcome(who, outer), "ok");
  return executed(made);
}

test("a delegate acts for the account until it is removed, and the deposit follows the list", () => {
  const made = chain();
  assert.equal(made.outcome(bob, through(alice, pay)), "Proxy.NotProxy");
  assert.equal(made.outcome(alice, add(bob)), "ok");
  assert.equal(made.outcome(alice, add(carol, "Staking")), "ok");
  assert.equal(made.reserved(alice), proxyDeposit(2));
  assert.equal(proxied(made, bob, through(alice, pay)), "ok");
  assert.equal(made.free(dave), MESI);
  assert.equal(made.outcome(alice, remove(bob)), "ok");
  assert.equal(made.outcome(bob, through(alice, pay)), "Proxy.NotProxy");
  assert.equal(made.outcome(alice, remove(bob)), "Proxy.NotFound");
  assert.equal(made.outcome(alice, remove(carol, "Staking")), "ok");
  assert.equal(made.reserved(alice), 0n);
  assert.equal(Proxies.exists(made.ctx.state, alice), false);
});

test("nobody is their own delegate, nobody twice, and the list is bounded", () => {
  const made = chain();
  assert.equal(made.outcome(alice, add(alice)), "Proxy.NoSelfProxy");
  made.submit(alice, add(bob));
  assert.equal(made.outcome(alice, add(bob)), "Proxy.Duplicate");
  assert.equal(made.outcome(alice, add(bob, "Any", 1)), "ok");
  for (let n = 2; n < MAX_PROXIES; n++) assert.equal(made.outcome(alice, add(account(n + 10))), "ok");
  assert.equal(made.outcome(alice, add(account(200))), "Proxy.TooMany");
  assert.equal(made.outcome(alice, call("Proxy.remove_proxies")), "ok");
  assert.equal(made.reserved(alice), 0n);
  made.endow(dave, made.ctx.params.existential_deposit);
  assert.equal(made.outcome(dave, add(bob)), "Balances.InsufficientBalance");
  assert.equal(Proxies.exists(made.ctx.state, dave), false);
});

test("a failing inner call is an event, not a failure of the proxy call", () => {
  const made = chain();
  made.endow(account(99), 1_000n * MESI);
  made.submit(alice, add(bob));
  assert.equal(proxied(made, bob, through(alice, transferTo(dave, 500n * MESI))), "Token.FundsUnavailable");
});

test("a NonTransfer delegate cannot transfer, by whatever detour", () => {
  const made = chain();
  made.submit(alice, add(bob, "NonTransfer"));
  made.endow(derivativeAccountId(alice, 0), 10n * MESI);
  const derivative = call("Utility.as_derivative", { index: 0, call: pay });
  const detours = [
    pay,
    call("Balances.transfer_all", { dest: id(dave), keep_alive: false }),
    call("Utility.batch_all", { calls: [pay] }),
    derivative,
    call("Utility.if_else", { main: pay, fallback: pay }),
    call("Utility.batch_all", { calls: [call("Utility.batch_all", { calls: [pay] })] }),
    call("Utility.batch_all", { calls: [call("Utility.as_derivative", { index: 0, call: derivative })] }),
    call("Sudo.sudo", { call: pay }),
  ];
  for (const detour of detours) assert.equal(proxied(made, bob, through(alice, detour)), "System.CallFiltered");
  for (const name of ["Utility.batch", "Utility.force_batch"] as const) {
    assert.equal(
      proxied(made, bob, through(alice, call(name, { calls: [pay, call("Utility.batch", { calls: [pay] }), derivative] }))),
      "ok",
    );
  }
  assert.equal(made.free(dave), 0n);
  assert.equal(proxied(made, bob, through(alice, call("System.remark", { remark: Uint8Array.of(1) }))), "ok");
});

test("a NonTransfer delegate cannot reach the account's funds through a nested proxy or by making itself a better delegate", () => {
  const made = chain();
  made.submit(alice, add(bob, "NonTransfer"));
  assert.equal(proxied(made, bob, through(alice, through(alice, pay))), "Proxy.NotProxy");
  assert.equal(proxied(made, bob, through(alice, add(bob, "Any"))), "System.CallFiltered");
  assert.equal(proxied(made, bob, through(alice, call("Utility.batch_all", { calls: [add(bob, "Any")] }))), "System.CallFiltered");
  // Carol trusts Alice with everything but payments: that holds for Alice's delegate too.
  made.submit(carol, add(alice, "NonTransfer"));
  assert.equal(proxied(made, bob, through(alice, through(carol, pay))), "ok");
  const inner = made
    .events("Proxy")
    .filter(({ type }) => type === "ProxyExecuted")
    .at(-2)!;
  assert.equal(made.nameOf((inner.value as { result: Parameters<TestChain["nameOf"]>[0] }).result), "System.CallFiltered");
  assert.equal(made.free(dave), 0n);
});

test("a delegate may add and remove only delegates within its own type", () => {
  const made = chain();
  made.submit(alice, add(bob, "NonTransfer"));
  made.submit(alice, add(carol, "Any"));
  assert.equal(proxied(made, bob, through(alice, add(dave, "Staking"))), "ok");
  assert.equal(proxied(made, bob, through(alice, remove(dave, "Staking"))), "ok");
  assert.equal(proxied(made, bob, through(alice, remove(carol, "Any"))), "System.CallFiltered");
  assert.equal(proxied(made, bob, through(alice, call("Proxy.remove_proxies"))), "System.CallFiltered");
  made.submit(alice, add(dave, "Governance"));
  made.endow(dave, MESI);
  assert.equal(proxied(made, dave, through(alice, add(dave, "Governance", 1))), "System.CallFiltered");
  assert.equal(proxied(made, carol, through(alice, call("Proxy.remove_proxies"))), "ok");
  assert.equal(Proxies.exists(made.ctx.state, alice), false);
});

test("the forced type must be one that the delegate has", () => {
  const made = chain();
  made.submit(alice, add(bob, "Any"));
  made.submit(alice, add(bob, "NonTransfer"));
  assert.equal(made.outcome(bob, through(alice, pay, "Staking")), "Proxy.NotProxy");
  assert.equal(proxied(made, bob, through(alice, pay, "NonTransfer")), "System.CallFiltered");
  assert.equal(proxied(made, bob, through(alice, pay, "Any")), "ok");
});

test("a delayed delegate must announce, wait, and may then act once for each announcement", () => {
  const made = chain();
  made.submit(alice, add(bob, "Any", 3));
  assert.equal(made.outcome(bob, through(alice, pay)), "Proxy.Unannounced");
  const announce = call("Proxy.announce", { real: id(alice), call_hash: hashOf(made, pay) });
  assert.equal(made.outcome(carol, announce), "Proxy.NotProxy");
  assert.equal(made.outcome(bob, announce), "ok");
  assert.equal(made.reserved(bob), announcementDeposit(1));
  made.next(2);
  assert.equal(made.outcome(bob, announced(bob, alice, pay)), "Proxy.Unannounced");
  made.next();
  assert.equal(made.outcome(carol, announced(bob, alice, transferTo(dave, 2n * MESI))), "Proxy.Unannounced");
  assert.equal(proxied(made, carol, announced(bob, alice, pay)), "ok");
  assert.equal(made.free(dave), MESI);
  assert.equal(made.reserved(bob), 0n);
  assert.equal(Announcements.exists(made.ctx.state, bob), false);
  assert.equal(made.outcome(bob, announced(bob, alice, pay)), "Proxy.Unannounced");
});

test("an announcement can be taken back by the delegate and rejected by the account, with the deposit returned", () => {
  const made = chain();
  made.submit(alice, add(bob, "Any", 1));
  const call_hash = hashOf(made, pay);
  const announce = call("Proxy.announce", { real: id(alice), call_hash });
  made.submit(bob, announce);
  assert.equal(made.outcome(bob, call("Proxy.remove_announcement", { real: id(carol), call_hash })), "Proxy.NotFound");
  assert.equal(made.outcome(bob, call("Proxy.remove_announcement", { real: id(alice), call_hash })), "ok");
  assert.equal(made.reserved(bob), 0n);
  made.submit(bob, announce);
  assert.equal(made.outcome(carol, call("Proxy.reject_announcement", { delegate: id(bob), call_hash })), "Proxy.NotFound");
  assert.equal(made.outcome(alice, call("Proxy.reject_announcement", { delegate: id(bob), call_hash })), "ok");
  made.next();
  assert.equal(made.outcome(bob, announced(bob, alice, pay)), "Proxy.Unannounced");
  assert.equal(made.reserved(bob), 0n);
});

test("announcements are bounded", () => {
  const made = chain();
  made.submit(alice, add(bob, "Any", 1));
  const announce = (n: number): RuntimeCall => call("Proxy.announce", { real: id(alice), call_hash: account(n) });
  for (let n = 0; n < MAX_PENDING; n++) assert.equal(made.outcome(bob, announce(n)), "ok");
  assert.equal(made.outcome(bob, announce(99)), "Proxy.TooMany");
  assert.equal(made.reserved(bob), announcementDeposit(MAX_PENDING));
});

test("a pure account belongs to its spawner, is unique to its place, and returns the deposit when killed", () => {
  const made = chain();
  const create = call("Proxy.create_pure", { proxy_type: { type: "Any" }, delay: 0, index: 0 });
  assert.equal(made.outcome(alice, call("Utility.batch", { calls: [create, create] })), "ok");
  assert.deepEqual(
    made.events("Utility").map(({ type }) => type),
    ["ItemCompleted", "BatchInterrupted"],
  );
  const { blockNumber: height, extrinsicIndex: ext_index } = made.ctx;
  const pure = pureAccountId(alice, { type: "Any" }, 0, height, ext_index);
  assert.deepEqual((made.events("Proxy")[0]!.value as { pure: AccountId }).pure, pure);
  assert.equal(made.reserved(alice), proxyDeposit(1));
  made.endow(pure, 5n * MESI);
  assert.equal(proxied(made, alice, through(pure, pay)), "ok");
  const kill = (index: number): RuntimeCall =>
    call("Proxy.kill_pure", { spawner: id(alice), proxy_type: { type: "Any" }, index, height, ext_index });
  assert.equal(made.outcome(alice, kill(0)), "Proxy.NoPermission");
  assert.equal(proxied(made, alice, through(pure, kill(1))), "Proxy.NoPermission");
  assert.equal(proxied(made, alice, through(pure, kill(0))), "ok");
  assert.equal(made.reserved(alice), 0n);
  assert.equal(made.outcome(alice, through(pure, pay)), "Proxy.NotProxy");
});

test("a limited delegate of a pure account cannot kill it", () => {
  const made = chain();
  made.submit(alice, call("Proxy.create_pure", { proxy_type: { type: "NonTransfer" }, delay: 0, index: 5 }));
  const { blockNumber: height, extrinsicIndex: ext_index } = made.ctx;
  const pure = pureAccountId(alice, { type: "NonTransfer" }, 5, height, ext_index);
  const kill = call("Proxy.kill_pure", { spawner: id(alice), proxy_type: { type: "NonTransfer" }, index: 5, height, ext_index });
  assert.equal(proxied(made, alice, through(pure, kill)), "System.CallFiltered");
});

test("a pure account's id is blake2_256 of FRAME's entropy", () => {
  // blake2_256("modlpy/proxy____" ++ [1; 32] ++ 7u32 ++ 3u32 ++ 0u8 ++ 9u16), computed with an independent implementation.
  assert.equal(toHex(pureAccountId(alice, { type: "Any" }, 9, 7, 3)), "0xe41ef46ea34c34788af7b83b25fe9b00b457571f613d60701ed6081df11a09e5");
});

test("poke_deposit brings old deposits to today's and is free when it changes one", () => {
  const made = chain();
  made.submit(alice, add(bob));
  const poke = call("Proxy.poke_deposit");
  const unchanged = made.submit(alice, poke);
  assert.ok(unchanged.ok && unchanged.value?.pays_fee === "Yes");
  // As if the constants had been lower when the delegate was added.
  const [definitions] = Proxies.get(made.ctx.state, alice);
  Proxies.set(made.ctx.state, alice, [definitions, proxyDeposit(1) - 5n]);
  const changed = made.submit(alice, poke);
  assert.ok(changed.ok && changed.value?.pays_fee === "No");
  assert.deepEqual(made.lastEvent("Proxy"), {
    type: "DepositPoked",
    value: { who: alice, kind: { type: "Proxies", value: undefined }, old_deposit: proxyDeposit(1) - 5n, new_deposit: proxyDeposit(1) },
  });
  assert.equal(Proxies.get(made.ctx.state, alice)[1], proxyDeposit(1));
});

test("only addresses that are accounts resolve", () => {
  const made = chain();
  const indexed = { type: "Index", value: 3 };
  assert.equal(made.outcome(alice, call("Proxy.add_proxy", { delegate: indexed, proxy_type: { type: "Any" }, delay: 0 })), "CannotLookup");
  assert.equal(made.outcome(alice, call("Proxy.proxy", { real: indexed, force_proxy_type: undefined, call: pay })), "CannotLookup");
});

test("view functions answer what the filter does", () => {
  const made = chain();
  const views = made.ctx.runtime.pallet("Proxy").viewFunctions!;
  assert.equal(views["check_permissions"]!.run(made.ctx, { call: pay, proxy_type: { type: "NonTransfer" } } as never), false);
  assert.equal(views["check_permissions"]!.run(made.ctx, { call: pay, proxy_type: { type: "Any" } } as never), true);
  assert.equal(views["is_superset"]!.run(made.ctx, { to_check: { type: "Any" }, against: { type: "Staking" } } as never), true);
});
