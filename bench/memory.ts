import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundledCase } from "./lib/bundle.ts";
import { runCase } from "./lib/child.ts";
import { round } from "./lib/report.ts";
import type { Report, Row } from "./lib/report.ts";
import type { MemoryCase, MemoryResult } from "./memory-case.ts";
import type { Benchmark } from "./run.ts";

const MIB = 2 ** 20;

export const memory: Benchmark = {
  name: "memory",
  about: "What an account takes on disk and in memory: the state's size.",
  async run(quick): Promise<Report> {
    const bundle = await bundledCase("memory-case");
    const sizes: Row[] = [];
    const tables: Row[] = [];
    for (const accounts of quick ? [10_000] : [10_000, 100_000, 1_000_000]) {
      const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
      const step = (name: MemoryCase["step"]): MemoryCase => ({ accounts, folder, step: name });
      await runCase(bundle, step("make"));
      const { diskBytes, memory, openMs, tables: stored } = await runCase<MemoryResult>(bundle, step("open"), ["--expose-gc"]);
      rmSync(folder, { recursive: true, force: true });
      sizes.push({
        accounts,
        "disk MiB": round(diskBytes / MIB),
        "disk bytes each": round(diskBytes / accounts, 0),
        "open ms": round(openMs, 0),
        "opened +MiB": round(memory.opened / MIB),
        "all accounts read +MiB": round(memory.read / MIB),
        "and 10,000 proofs +MiB": round(memory.proved / MIB),
      });
      for (const [table, { entries, bytes }] of Object.entries(stored)) if (entries > 10) tables.push({ accounts, table, entries, bytes, "bytes per account": round(bytes / accounts) });
    }
    return {
      tables: [
        { title: "Size by number of accounts", rows: sizes },
        { title: "By table, keys and values as they are given to LevelDB", rows: tables },
      ],
      notes: ["Memory: JavaScript's heap and byte arrays after a collection, beyond an idle process; LevelDB's own memory (block cache 32 MiB, memtables) is not in it. Reading fills the cache of values (bounded: 200,000 to 400,000 entries); proofs load trie branches (bounded: 256 MiB).", "Opening includes computing the genesis hash from the whole chain spec, and making that spec here."],
    };
  },
};
