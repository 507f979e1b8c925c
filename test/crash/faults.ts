// Making the disk fail, and what a node has to say about it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { databaseFolder } from "./program.ts";
import type { Outcome } from "./program.ts";

export const Errno = { EIO: 5, ENOSPC: 28, EROFS: 30 } as const;

/** Compiles failing-disk.c into `folder`. @returns the path for LD_PRELOAD */
export function makeShim(folder: string): string {
  const shim = join(folder, "failing-disk.so");
  const { status, stderr } = spawnSync("gcc", ["-shared", "-fPIC", "-O0", "-o", shim, join(import.meta.dirname, "failing-disk.c"), "-ldl", "-lpthread"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return shim;
}

export interface FaultOptions {
  readonly shim: string;
  readonly kind: "sync" | "write";
  /** Which call on the database's files, from 1. */
  readonly at: number;
  /** Only that call, not those after it. */
  readonly once: boolean;
  /** EIO unless given. */
  readonly errno?: number;
  /** A file that is made when the fault happens. */
  readonly report: string;
}

export function faultEnv(basePath: string, { shim, kind, at, once, errno = Errno.EIO, report }: FaultOptions): Record<string, string> {
  return { LD_PRELOAD: shim, FAULT_FOLDER: databaseFolder(basePath), FAULT_KIND: kind, FAULT_AT: String(at), FAULT_ONCE: once ? "1" : "0", FAULT_ERRNO: String(errno), FAULT_REPORT: report };
}

/** Exit code 9, one message that says what failed, no stack. */
export function assertStoppedWell({ code, stdout, stderr }: Outcome): void {
  assert.equal(code, 9, `${stdout}\n${stderr}`);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  const { error } = JSON.parse(last) as { error: { code: string; message: string; hint: string | null } };
  assert.match(error.code, /^(DB_IO|DB_CORRUPT|ENOSPC|EIO|EROFS)$/, last);
  assert.ok(error.message.length > 20 && error.hint !== null, last);
  assert.doesNotMatch(stdout + stderr, /\n\s+at .+:\d+:\d+/, "a stack trace");
}
