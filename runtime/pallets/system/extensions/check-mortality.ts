import { newtype } from "../../../primitives/codec/index.ts";
import { EraTy, eraBirth, eraDeath } from "../../../primitives/era.ts";
import type { Era } from "../../../primitives/era.ts";
import { err, ok } from "../../../primitives/result.ts";
import { HashTy } from "../../../primitives/types.ts";
import type { TransactionExtension } from "../../../frame/extension.ts";
import { BlockHash } from "../storage.ts";

const U64_MAX = (1n << 64n) - 1n;

/** A transaction lives for its era: the hash of the era's first block is part of what is signed. */
export const checkMortality: TransactionExtension<Era> = {
  identifier: "CheckMortality",
  extra: newtype("frame_system::extensions::check_mortality::CheckMortality", EraTy, { params: { T: undefined } }),
  implicit: HashTy,
  implicitValue(ctx, era) {
    const birth = eraBirth(era, ctx.blockNumber);
    if (!BlockHash.exists(ctx.state, birth)) return err({ type: "Invalid", value: { type: "AncientBirthBlock" } });
    return ok(BlockHash.get(ctx.state, birth));
  },
  validate(ctx, _tx, era) {
    const longevity = era.type === "Immortal" ? U64_MAX : BigInt(eraDeath(era, ctx.blockNumber) - ctx.blockNumber);
    return ok({ longevity });
  },
};
