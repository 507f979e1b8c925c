import assert from "node:assert/strict";
import { test } from "node:test";
import { NONE, ROOT } from "../../frame/pallet.ts";
import { account } from "../../frame/testing.ts";
import { DEV_PARAMS } from "../../params.ts";
import { MESI, TestChain, call, id, transferTo } from "../testing.ts";
import { Key } from "./pallet.ts";

const [alice, bob, carol] = [account(1), account(2), account(3)] as const;
const setBalance = call("Balances.force_set_balance", { who: id(carol), new_free: MESI });

function chain(): TestChain {
  const made = new TestChain();
  made.endow(alice, 10n * MESI);
  made.endow(bob, 10n * MESI);
  Key.set(made.ctx.state, alice);
  return made;
}

test("the key acts as root without a fee, and its failures stand in the event", () => {
  const made = chain();
  const result = made.submit(alice, call("Sudo.sudo", { call: setBalance }));
  assert.ok(result.ok && result.value?.pays_fee === "No");
  assert.equal(made.free(carol), MESI);
  assert.deepEqual(made.lastEvent("Sudo"), { type: "Sudid", value: { sudo_result: { ok: true, value: undefined } } });
  assert.equal(made.outcome(alice, call("Sudo.sudo", { call: transferTo(bob, MESI) })), "ok");
  assert.deepEqual(made.lastEvent("Sudo"), {
    type: "Sudid",
    value: { sudo_result: { ok: false, error: { type: "BadOrigin", value: undefined } } },
  });
});

test("nobody but the key and root may use any call", () => {
  const made = chain();
  const weight = { ref_time: 1n, proof_size: 0n };
  const calls = [
    call("Sudo.sudo", { call: setBalance }),
    call("Sudo.sudo_unchecked_weight", { call: setBalance, weight }),
    call("Sudo.set_key", { new: id(bob) }),
    call("Sudo.sudo_as", { who: id(alice), call: transferTo(bob, MESI) }),
    call("Sudo.remove_key"),
  ];
  for (const each of calls) {
    assert.equal(made.outcome(bob, each), "Sudo.RequireSudo");
    assert.equal(made.outcome(NONE, each), "BadOrigin");
  }
  assert.deepEqual([made.free(carol), made.free(alice)], [0n, 10n * MESI]);
  assert.equal(made.outcome(ROOT, calls[0]!), "ok");
});

test("sudo_as acts as another account", () => {
  const made = chain();
  assert.equal(made.outcome(alice, call("Sudo.sudo_as", { who: id(bob), call: transferTo(alice, MESI) })), "ok");
  assert.equal(made.free(bob), 9n * MESI);
  assert.equal(made.lastEvent("Sudo")?.type, "SudoAsDone");
  const raw = { type: "Raw", value: new Uint8Array(3) };
  assert.equal(made.outcome(alice, call("Sudo.sudo_as", { who: raw, call: transferTo(alice, MESI) })), "CannotLookup");
});

test("the weight of an unchecked call is the one named, and its class the inner one's", () => {
  const made = chain();
  const weight = { ref_time: 77n, proof_size: 3n };
  const info = made.ctx.dispatchInfo(call("Sudo.sudo_unchecked_weight", { call: call("System.set_heap_pages", { pages: 1n }), weight }));
  assert.deepEqual([info.weight, info.class], [weight, "Operational"]);
});

test("a key handed on or removed is no longer the key", () => {
  const made = chain();
  assert.equal(made.outcome(alice, call("Sudo.set_key", { new: id(bob) })), "ok");
  assert.deepEqual(made.lastEvent("Sudo"), { type: "KeyChanged", value: { old: alice, new: bob } });
  assert.equal(made.outcome(alice, call("Sudo.remove_key")), "Sudo.RequireSudo");
  assert.equal(made.outcome(bob, call("Sudo.remove_key")), "ok");
  assert.equal(made.lastEvent("Sudo")?.type, "KeyRemoved");
  assert.equal(made.outcome(bob, call("Sudo.sudo", { call: setBalance })), "Sudo.RequireSudo");
  assert.equal(Key.exists(made.ctx.state), false);
});

test("a chain without sudo refuses every call, even from root, and its state may hold no key", () => {
  const made = new TestChain({ ...DEV_PARAMS, sudo_allowed: false });
  made.endow(alice, MESI);
  assert.equal(made.outcome(ROOT, call("Sudo.set_key", { new: id(alice) })), "Sudo.RequireSudo");
  assert.equal(made.outcome(alice, call("Sudo.sudo", { call: setBalance })), "Sudo.RequireSudo");
  Key.set(made.ctx.state, alice);
  assert.throws(() => made.submit(alice, transferTo(bob, 1n)), /SUDO_ON_LIVE_CHAIN/);
});
