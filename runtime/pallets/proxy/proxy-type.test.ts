import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { PROXY_TYPES, allows, isSuperset } from "./proxy-type.ts";
import type { ProxyType } from "./proxy-type.ts";

const PALLETS = [
  "System",
  "Timestamp",
  "Balances",
  "Utility",
  "Multisig",
  "Proxy",
  "Sudo",
  "Session",
  "Staking",
  "Vesting",
  "Treasury",
  "Preimage",
  "Referenda",
  "ConvictionVoting",
  "Wallets",
  "Content",
  "Credentials",
  "Template",
  "toString",
  "__proto__",
];
const NAMES = ["batch", "batch_all", "force_batch", "dispatch_as", "as_derivative", "vested_transfer", "vest", "remark", "constructor"];
const anyCall: fc.Arbitrary<RuntimeCall> = fc.record({
  type: fc.constantFrom(...PALLETS),
  value: fc.record({ type: fc.constantFrom(...NAMES), value: fc.constant({}) }),
});
const anyType = fc.constantFrom(...PROXY_TYPES);
const of = (type: ProxyType["type"]): ProxyType => ({ type });

test("a type that is a superset of another allows every call that the other does", () => {
  fc.assert(
    fc.property(anyType, anyType, anyCall, (a, b, each) => !isSuperset(a, b) || !allows(b, each) || allows(a, each)),
    { numRuns: 5_000 },
  );
});

test("superset is a partial order with Any above everything", () => {
  for (const a of PROXY_TYPES) {
    assert.ok(isSuperset(a, a) && isSuperset(of("Any"), a));
    assert.equal(isSuperset(a, of("Any")), a.type === "Any");
    for (const b of PROXY_TYPES) if (a.type !== b.type) assert.ok(!(isSuperset(a, b) && isSuperset(b, a)));
  }
});

test("no type but Any may pay anybody or act as root", () => {
  const paying = [
    ["Balances", "transfer_keep_alive"],
    ["Balances", "burn"],
    ["Vesting", "vested_transfer"],
    ["Sudo", "sudo"],
  ] as const;
  for (const [type, name] of paying) {
    for (const each of PROXY_TYPES)
      assert.equal(allows(each, { type, value: { type: name, value: {} } }), each.type === "Any", `${each.type} ${type}.${name}`);
  }
});

test("a pallet's name that every object inherits matches nothing", () => {
  for (const type of ["toString", "__proto__", "constructor"]) {
    for (const name of ["Governance", "Staking", "Content"] as const)
      assert.equal(allows(of(name), { type, value: { type: "length", value: {} } }), false);
  }
});
