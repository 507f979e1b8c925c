// A delegate with a delay says beforehand which call it will make, so that the account's owner can object.
import { equalBytes } from "../../primitives/bytes.ts";
import { done } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { Outcome } from "../../frame/types.ts";
import { adjustDeposit } from "./delegates.ts";
import { ProxyError } from "./events.ts";
import { ANNOUNCEMENT_DEPOSIT_BASE, ANNOUNCEMENT_DEPOSIT_FACTOR, Announcements, MAX_PENDING } from "./storage.ts";
import type { Announcement } from "./storage.ts";

export function announcementDeposit(count: number): Balance {
  return count === 0 ? 0n : ANNOUNCEMENT_DEPOSIT_BASE + ANNOUNCEMENT_DEPOSIT_FACTOR * BigInt(count);
}

export function addAnnouncement(ctx: Context, delegate: AccountId, added: Announcement): Outcome {
  const [pending, paid] = Announcements.get(ctx.state, delegate);
  if (pending.length >= MAX_PENDING) return fail(ProxyError, "TooMany");
  const due = announcementDeposit(pending.length + 1);
  const adjusted = adjustDeposit(ctx, delegate, paid, due);
  if (!adjusted.ok) return adjusted;
  Announcements.set(ctx.state, delegate, [[...pending, added], due]);
  return done;
}

/** Drops every announcement that matches; refused when none does. */
export function dropAnnouncements(ctx: Context, delegate: AccountId, matches: (each: Announcement) => boolean): Outcome {
  const [pending, paid] = Announcements.get(ctx.state, delegate);
  const rest = pending.filter((each) => !matches(each));
  if (rest.length === pending.length) return fail(ProxyError, "NotFound");
  const due = announcementDeposit(rest.length);
  const adjusted = adjustDeposit(ctx, delegate, paid, due);
  if (!adjusted.ok) return adjusted;
  if (rest.length === 0) Announcements.remove(ctx.state, delegate);
  else Announcements.set(ctx.state, delegate, [rest, due]);
  return done;
}

export function isAbout(each: Announcement, real: AccountId, callHash: Uint8Array): boolean {
  return equalBytes(each.real, real) && equalBytes(each.call_hash, callHash);
}
