// The house rules as tests: which folder may import which, and what a pure folder may not know.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["runtime", "consensus", "genesis", "circuits", "p2p", "rpc", "indexer", "node", "cli"];

/** What each folder may import of ours, besides itself. ARCHITECTURE.md gives the reasons. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "runtime/primitives": [],
  runtime: ["runtime/primitives"],
  consensus: ["runtime/primitives"],
  genesis: ["runtime", "runtime/primitives"],
  circuits: ["runtime", "runtime/primitives"],
  p2p: ["runtime", "runtime/primitives", "consensus", "genesis", "circuits"],
  rpc: ["runtime", "runtime/primitives", "consensus", "genesis", "circuits"],
  indexer: ["runtime", "runtime/primitives", "consensus", "genesis", "circuits"],
  node: ["runtime", "runtime/primitives", "consensus", "genesis", "circuits", "p2p", "rpc", "indexer"],
  cli: ["runtime", "runtime/primitives", "consensus", "genesis", "circuits", "p2p", "rpc", "indexer", "node"],
};

interface Source {
  /** Relative to the project. */
  readonly name: string;
  readonly text: string;
  /** The text without comments and string contents. */
  readonly code: string;
  readonly imports: readonly string[];
}

function sources(): Source[] {
  const names = FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
    } catch {
      return [];
    }
  }).filter((name) => name.endsWith(".ts") && !/\.(test|bench|d)\.ts$/.test(name));
  return names.map((name) => {
    const text = readFileSync(join(ROOT, name), "utf8");
    const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1");
    const imports = [...bare.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
    return { name, text, code: bare.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""'), imports };
  });
}

function folderOf(name: string): string {
  return name.startsWith("runtime/primitives/") ? "runtime/primitives" : name.split("/")[0]!;
}

const isTestSupport = (name: string): boolean => /(^|\/)testing(\.ts$|\/)/.test(name);
const files = sources();

test("the scan sees the project", () => {
  assert.ok(files.length > 100, `only ${files.length} files found`);
  assert.ok(files.some(({ imports }) => imports.length > 0));
});

test("imports between folders point inward", () => {
  const wrong: string[] = [];
  for (const { name, imports } of files) {
    const from = folderOf(name);
    for (const target of imports.filter((specifier) => specifier.startsWith(".") && !specifier.endsWith("/package.json"))) {
      const to = folderOf(normalize(join(dirname(name), target)));
      if (to !== from && !ARROWS[from]?.includes(to)) wrong.push(`${name} imports ${target}: ${from} may not import ${to}; declare an interface and let node supply it`);
    }
  }
  assert.deepEqual(wrong, []);
});

const PURE = ["runtime", "consensus"];
/** The one file that binds the hash functions to the platform. */
const PLATFORM_FILES = new Set(["runtime/primitives/hash.node.ts"]);

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bDate\b/, "a clock: time enters as a timestamp in the block"],
  [/\bperformance\s*\./, "a clock"],
  [/\bset(Timeout|Interval|Immediate)\b/, "a timer: return an effect that asks for one"],
  [/\bqueueMicrotask\b/, "a timer"],
  [/Math\s*\.\s*random|\bgetRandomValues\b|\brandomBytes\b/, "randomness: it enters as a seed from the chain"],
  [/\bprocess\s*\./, "the environment: it enters as a parameter"],
  [/\bfetch\s*\(/, "the network"],
  [/\btoLocale\w*|\bIntl\b|localeCompare/, "the locale"],
  [/\.sort\(\s*\)/, "an order without a comparator"],
  [/(^|[^\w.])\d+\.\d+(?![\w.])/m, "a float"],
  [/\bparseFloat\b|\bMath\.(sqrt|pow|exp|log|log2|log10|sin|cos|tan)\b/, "a float"],
];

test("runtime and consensus know no clock, timer, randomness, environment, locale or float", () => {
  const wrong: string[] = [];
  for (const { name, code } of files.filter((file) => PURE.includes(folderOf(file.name).split("/")[0]!) && !isTestSupport(file.name))) {
    for (const [pattern, what] of FORBIDDEN) {
      const found = pattern.exec(code);
      if (found !== null) wrong.push(`${name}: "${found[0].trim()}" is ${what}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("runtime and consensus import no module of the platform", () => {
  const builtin = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
  const wrong = files
    .filter(({ name }) => PURE.includes(folderOf(name).split("/")[0]!) && !PLATFORM_FILES.has(name))
    .flatMap(({ name, imports }) => imports.filter((specifier) => builtin.has(specifier) || specifier === "sodium-native").map((specifier) => `${name} imports ${specifier}: declare a host function`));
  assert.deepEqual(wrong, []);
});

test("no transition waits: runtime and consensus have no await", () => {
  // Loading the WebAssembly of a hash function, once, when the module is loaded.
  const allowed = new Set(["runtime/primitives/twox.ts"]);
  const wrong = files.filter(({ name, code }) => PURE.includes(folderOf(name).split("/")[0]!) && !allowed.has(name) && /\bawait\b|\basync\b/.test(code)).map(({ name }) => name);
  assert.deepEqual(wrong, []);
});

test("every file is imported by another, or is an entry", () => {
  const entries = new Set(["cli/mesi.ts", "node/verifier/worker.ts", "runtime/primitives/hash.browser.ts", "runtime/primitives/hash.node.ts"]);
  const tests = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => !name.startsWith("node_modules") && /\.(test|bench)\.ts$|^(test|bench|scripts)\/.*\.ts$/.test(name));
  const imported = new Set<string>();
  const note = (name: string, specifiers: Iterable<string>): void => {
    for (const specifier of specifiers) if (specifier.startsWith(".")) imported.add(normalize(join(dirname(name), specifier)));
  };
  for (const { name, imports } of files) note(name, imports);
  for (const name of tests) note(name, [...readFileSync(join(ROOT, name), "utf8").matchAll(/(?:\bfrom|\bimport|new URL)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!));
  assert.deepEqual(files.map(({ name }) => name).filter((name) => !imported.has(name) && !entries.has(name)), []);
});

test("nothing names a path of a machine or a registry's host", () => {
  const wrong = files.filter(({ text }) => /\/(work|home|root|tmp)\/[a-z]|registry\.npmjs|artifactory/.test(text)).map(({ name }) => name);
  assert.deepEqual(wrong, []);
});
