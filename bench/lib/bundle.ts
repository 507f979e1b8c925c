// Benches run what users run: bundles made as scripts/build.mjs makes them. The TypeScript loader of the tests wraps every
// function that is made at run time, which costs a tenth of a transfer and shows in profiles.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** Apart from dist/, which may be in use. The manifest stands beside it, where the program looks for its version. */
const FOLDER = `${PROJECT}node_modules/.cache/bench`;
const VERIFIER = { "verifier-worker": "node/verifier/worker.ts" };

async function bundle(name: string, entry: string, splitting: boolean): Promise<string> {
  const outdir = `${FOLDER}/${name}`;
  mkdirSync(outdir, { recursive: true });
  copyFileSync(`${PROJECT}package.json`, `${FOLDER}/package.json`);
  await build({
    absWorkingDir: PROJECT,
    entryPoints: { [name]: entry, ...VERIFIER },
    outdir,
    bundle: true,
    splitting,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  return `${outdir}/${name}.js`;
}

/** One file from `bench/<name>.ts`. @returns its path */
export function bundledCase(name: string): Promise<string> {
  return bundle(name, `bench/${name}.ts`, false);
}

/** The command line, as it is shipped. @returns its path */
export function bundledProgram(): Promise<string> {
  return bundle("mesi", "cli/mesi.ts", true);
}
