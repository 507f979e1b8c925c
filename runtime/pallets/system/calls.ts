import { blake2b256 } from "#hash";
import { equalBytes } from "../../primitives/bytes.ts";
import { bytes, tuple, u32, u64, vec } from "../../primitives/codec/index.ts";
import { DecodeError } from "../../primitives/errors.ts";
import { Hash, HashTy } from "../../primitives/types.ts";
import type { DigestItem } from "../../primitives/types.ts";
import { decodeCode } from "../../params.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, call, ensureRoot, ensureSigned, fail, failWith } from "../../frame/pallet.ts";
import { CODE_KEY } from "../../frame/storage.ts";
import type { DispatchResult } from "../../frame/types.ts";
import { MAX_KEY_BYTES } from "../../trie/nibbles.ts";
import { SystemError, SystemEvent } from "./events.ts";
import { AuthorizedUpgrade, Digest } from "./storage.ts";
import { systemWeight } from "./weights.ts";

const remark = call(
  0,
  { remark: bytes },
  { docs: "Make some on-chain remark.\n\nCan be executed by every `origin`.", weight: (args) => systemWeight.remark(args.remark.length) },
  () => SUCCESS,
);

const set_heap_pages = call(
  1,
  { pages: u64 },
  { docs: "Set the number of pages in the WebAssembly environment's heap. There is none here: always refused.", weight: systemWeight.setCode, class: "Operational" },
  (_ctx, origin) => {
    const root = ensureRoot(origin);
    return root.ok ? failWith({ type: "Unavailable" }) : root;
  },
);

/** A code whose version does not rise is refused: old nodes would not notice it. */
function checkCode(ctx: Context, code: Uint8Array): DispatchResult {
  try {
    const { spec_version } = decodeCode(code);
    return spec_version > ctx.runtime.version.spec_version ? SUCCESS : fail(SystemError, "SpecVersionNeedsToIncrease");
  } catch (error) {
    if (error instanceof DecodeError) return fail(SystemError, "FailedToExtractRuntimeVersion");
    throw error;
  }
}

function installCode(ctx: Context, code: Uint8Array): DispatchResult {
  ctx.state.setRaw(CODE_KEY, code);
  depositLog(ctx, { type: "RuntimeEnvironmentUpdated" });
  ctx.deposit(SystemEvent, { type: "CodeUpdated" });
  return SUCCESS;
}

/** Adds an item to the digest of the block being executed. */
export function depositLog(ctx: Context, item: DigestItem): void {
  Digest.set(ctx.state, { logs: [...Digest.get(ctx.state).logs, item] });
}

const set_code = call(
  2,
  { code: bytes },
  { docs: "Set the new runtime code.", weight: systemWeight.setCode, class: "Operational" },
  (ctx, origin, { code }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    const checked = checkCode(ctx, code);
    return checked.ok ? installCode(ctx, code) : checked;
  },
);

const set_code_without_checks = call(
  3,
  { code: bytes },
  {
    docs: "Set the new runtime code without doing any checks of the given `code`.\n\nNote that runtime upgrades will not run if this is called with a not-increasing spec\nversion!",
    weight: systemWeight.setCode,
    class: "Operational",
  },
  (ctx, origin, { code }) => {
    const root = ensureRoot(origin);
    return root.ok ? installCode(ctx, code) : root;
  },
);

/** Bytes that a pallet's own type refuses, and keys longer than the trie takes, would stop every later block: refused here. */
function writeRaw(ctx: Context, items: readonly (readonly [Uint8Array, Uint8Array | undefined])[]): DispatchResult {
  if (items.some(([key]) => key.length > MAX_KEY_BYTES)) return failWith({ type: "Unavailable" });
  try {
    for (const [key, value] of items) ctx.state.setRaw(key, value);
    return SUCCESS;
  } catch (error) {
    if (error instanceof DecodeError) return failWith({ type: "Corruption" });
    throw error;
  }
}

const set_storage = call(
  4,
  { items: vec(tuple(bytes, bytes)) },
  { docs: "Set some items of storage.", weight: (args) => systemWeight.setStorage(args.items.length), class: "Operational" },
  (ctx, origin, { items }) => {
    const root = ensureRoot(origin);
    return root.ok ? writeRaw(ctx, items) : root;
  },
);

const kill_storage = call(
  5,
  { keys: vec(bytes) },
  { docs: "Kill some items from storage.", weight: (args) => systemWeight.setStorage(args.keys.length), class: "Operational" },
  (ctx, origin, { keys }) => {
    const root = ensureRoot(origin);
    return root.ok ? writeRaw(ctx, keys.map((key) => [key, undefined] as const)) : root;
  },
);

const kill_prefix = call(
  6,
  { prefix: bytes, subkeys: u32 },
  {
    docs: "Kill all storage items with a key that starts with the given prefix.\n\n**NOTE:** We rely on the Root origin to provide us the number of subkeys under\nthe prefix we are removing to accurately calculate the weight of this function.",
    weight: (args) => systemWeight.killPrefix(args.subkeys),
    class: "Operational",
  },
  (ctx, origin, { prefix, subkeys }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    return writeRaw(ctx, ctx.state.keysUnder(prefix, subkeys).map((key) => [key, undefined] as const));
  },
);

const remark_with_event = call(
  7,
  { remark: bytes },
  { docs: "Make some on-chain remark and emit event.", weight: (args) => systemWeight.remark(args.remark.length) },
  (ctx, origin, args) => {
    const who = ensureSigned(origin);
    if (!who.ok) return who;
    ctx.deposit(SystemEvent, { type: "Remarked", value: { sender: who.value, hash: Hash(blake2b256(args.remark)) } });
    return SUCCESS;
  },
);

function authorize(ctx: Context, codeHash: Hash, checkVersion: boolean): DispatchResult {
  AuthorizedUpgrade.set(ctx.state, { code_hash: codeHash, check_version: checkVersion });
  ctx.deposit(SystemEvent, { type: "UpgradeAuthorized", value: { code_hash: codeHash, check_version: checkVersion } });
  return SUCCESS;
}

const authorize_upgrade = call(
  9,
  { code_hash: HashTy },
  {
    docs: "Authorize an upgrade to a given `code_hash` for the runtime. The runtime can be supplied\nlater.\n\nThis call requires Root origin.",
    weight: systemWeight.authorizeUpgrade,
    class: "Operational",
  },
  (ctx, origin, args) => {
    const root = ensureRoot(origin);
    return root.ok ? authorize(ctx, args.code_hash, true) : root;
  },
);

const authorize_upgrade_without_checks = call(
  10,
  { code_hash: HashTy },
  {
    docs: "Authorize an upgrade to a given `code_hash` for the runtime. The runtime can be supplied\nlater.\n\nWARNING: This authorizes an upgrade that will take place without any safety checks.\n\nThis call requires Root origin.",
    weight: systemWeight.authorizeUpgrade,
    class: "Operational",
  },
  (ctx, origin, args) => {
    const root = ensureRoot(origin);
    return root.ok ? authorize(ctx, args.code_hash, false) : root;
  },
);

const apply_authorized_upgrade = call(
  11,
  { code: bytes },
  {
    docs: "Provide the preimage (runtime binary) `code` for an upgrade that has been authorized.\n\nAll origins are allowed.",
    weight: systemWeight.setCode,
    class: "Operational",
  },
  (ctx, _origin, { code }) => {
    const authorized = AuthorizedUpgrade.get(ctx.state);
    if (authorized === undefined) return fail(SystemError, "NothingAuthorized");
    if (!equalBytes(blake2b256(code), authorized.code_hash)) return fail(SystemError, "Unauthorized");
    const checked = authorized.check_version ? checkCode(ctx, code) : SUCCESS;
    AuthorizedUpgrade.remove(ctx.state);
    if (!checked.ok) {
      const error = ctx.runtime.dispatchError(checked.error);
      ctx.deposit(SystemEvent, { type: "RejectedInvalidAuthorizedUpgrade", value: { code_hash: authorized.code_hash, error } });
      return { ok: true, value: { pays_fee: "No" } };
    }
    const installed = installCode(ctx, code);
    return installed.ok ? { ok: true, value: { pays_fee: "No" } } : installed;
  },
);

export const systemCalls = {
  remark,
  set_heap_pages,
  set_code,
  set_code_without_checks,
  set_storage,
  kill_storage,
  kill_prefix,
  remark_with_event,
  authorize_upgrade,
  authorize_upgrade_without_checks,
  apply_authorized_upgrade,
};

