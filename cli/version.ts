import { readFileSync } from "node:fs";

/** The package's manifest stands one folder above both the source and the bundle. */
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };

export const VERSION = manifest.version;
