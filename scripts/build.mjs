// Bundles the program into dist/: one entry for the command line, one for the signature workers. Packages stay packages.
import { chmod, rm } from "node:fs/promises";
import { build } from "esbuild";

await rm("dist", { recursive: true, force: true });
await build({
  entryPoints: { mesi: "cli/mesi.ts", "verifier-worker": "node/verifier/worker.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: "linked",
  logLevel: "warning",
});
await chmod("dist/mesi.js", 0o755);
