// What a figure needs beside it to mean anything: the machine, the versions, and how busy it was.
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly arch: string;
  readonly node: string;
  readonly v8: string;
  /** Of the packages that decide about speed. */
  readonly packages: Readonly<Record<string, string>>;
}

const DECISIVE = ["classic-level", "sodium-native", "@polkadot/wasm-crypto", "fastify", "ws", "xxhash-wasm"];

export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    arch: arch(),
    node: process.version,
    v8: process.versions.v8,
    packages: Object.fromEntries(DECISIVE.map((name) => [name, installedVersion(name)])),
  };
}

function installedVersion(name: string): string {
  const url = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
}

/** Mean runnable processes over the last minute: above the number of cores, wall times mean little. */
export function load(): number {
  return Math.round(loadavg()[0]! * 100) / 100;
}
