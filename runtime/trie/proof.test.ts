import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { validateProofs } from "@polkadot-api/substrate-bindings";
import { build } from "esbuild";
import fc from "fast-check";
import { equalBytes, fromLatin1, toHex, toLatin1 } from "../primitives/bytes.ts";
import { proveFromEntries } from "./build.ts";
import { decodeNode, encodeNode } from "./node-codec.ts";
import { openProof, verifyProof } from "./proof.ts";
import { NaiveTrie, sortedEntries } from "./testing.ts";

const keyArb = fc.array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf0), { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes));
const valueArb = fc.tuple(fc.constantFrom(0, 1, 31, 32, 33, 90), fc.nat({ max: 255 })).map(([length, fill]) => new Uint8Array(length).fill(fill));
const modelArb = fc.array(fc.tuple(keyArb, valueArb), { maxLength: 40 }).map((entries) => new Map(entries.map(([k, v]) => [toLatin1(k), v])));

for (const stateVersion of [0, 1] as const) {
  describe(`state version ${stateVersion}`, () => {
    test("a read proof is the nodes that an independent rebuild walks through, and proves each key present or absent", () => {
      fc.assert(
        fc.property(modelArb, fc.array(keyArb, { minLength: 1, maxLength: 6 }), (model, keys) => {
          const { root, nodes } = proveFromEntries(sortedEntries(model), keys, stateVersion);
          const naive = new NaiveTrie(model, stateVersion);
          assert.deepEqual(root, naive.root());
          assert.deepEqual(nodes, naive.proof(keys));
          for (const key of keys) {
            const value = model.get(toLatin1(key));
            assert.deepEqual(verifyProof(root, nodes, key), { ok: true, value: value === undefined ? { present: false } : { present: true, value } });
          }
        }),
        { numRuns: 1500 },
      );
    });

    test("an altered proof fails or gives the same answer", () => {
      const mutation = fc.record({ which: fc.nat(), bit: fc.nat(), kind: fc.constantFrom("flip", "drop", "cut", "extra", "swap") });
      fc.assert(
        fc.property(modelArb, fc.array(keyArb, { minLength: 1, maxLength: 4 }), fc.array(mutation, { minLength: 1, maxLength: 4 }), (model, keys, mutations) => {
          const { root, nodes } = proveFromEntries(sortedEntries(model), keys, stateVersion);
          const altered = mutations.reduce(mutate, nodes);
          for (const key of keys) {
            const result = verifyProof(root, altered, key);
            if (result.ok) assert.deepEqual(result.value, truth(model, key));
            else assert.equal(result.error, "PROOF_INCOMPLETE");
          }
        }),
        { numRuns: 2000 },
      );
    });

    test("polkadot-api's own proof reader finds the same root and values in our proofs", () => {
      // It guesses from the bytes alone whether an item is a node: values here begin with a byte that no node begins with.
      const values = fc.constantFrom(1, 31, 32, 33, 90).map((length) => new Uint8Array(length).fill(0x01));
      const models = fc.uniqueArray(fc.tuple(keyArb, values), { minLength: 2, maxLength: 30, selector: ([key]) => toLatin1(key) });
      fc.assert(
        fc.property(models, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (entries, picks) => {
          const model = new Map(entries.map(([k, v]) => [toLatin1(k), v]));
          const keys = picks.map((pick) => entries[pick % entries.length][0]);
          const { root, nodes } = proveFromEntries(sortedEntries(model), keys, stateVersion);
          const read = validateProofs(nodes.map((node) => new Uint8Array(node)));
          assert.notEqual(read, null);
          assert.equal(read!.rootHash, toHex(root));
          for (const key of keys) assert.equal(independentLookup(read!, key), toHex(model.get(toLatin1(key))!));
        }),
        { numRuns: 600 },
      );
    });
  });
}

function truth(model: ReadonlyMap<string, Uint8Array>, key: Uint8Array): object {
  const value = model.get(toLatin1(key));
  return value === undefined ? { present: false } : { present: true, value };
}

interface Mutation {
  readonly which: number;
  readonly bit: number;
  readonly kind: string;
}

function mutate(nodes: readonly Uint8Array[], { which, bit, kind }: Mutation): Uint8Array[] {
  if (nodes.length === 0) return [];
  const at = which % nodes.length;
  const copy = nodes.map((node) => new Uint8Array(node));
  if (kind === "drop") copy.splice(at, 1);
  else if (kind === "extra") copy.push(Uint8Array.of(0x80, bit & 255, 3, 0));
  else if (kind === "swap") copy.reverse();
  else if (kind === "cut") copy[at] = copy[at].subarray(0, bit % copy[at].length);
  else if (copy[at].length > 0) copy[at][(bit >> 3) % copy[at].length] ^= 1 << (bit & 7);
  return copy;
}

type Read = NonNullable<ReturnType<typeof validateProofs>>;

/** A lookup over the nodes as polkadot-api decoded them; inline children are decoded by it as well. */
function independentLookup(read: Read, key: Uint8Array): string | undefined {
  let rest = toHex(key).slice(2);
  let node: Read["proofs"][string] | undefined = read.proofs[read.rootHash];
  for (;;) {
    if (node === undefined || !("partialKey" in node) || !rest.startsWith(node.partialKey)) return undefined;
    rest = rest.slice(node.partialKey.length);
    if (rest === "") break;
    if (!("children" in node)) return undefined;
    const reference: string = (node.children as Record<string, string>)[rest[0]];
    rest = rest.slice(1);
    if (reference === undefined) return undefined;
    if (reference.length === 66) node = read.proofs[reference];
    else node = Object.values(validateProofs([reference])!.proofs)[0];
  }
  const value = "value" in node ? (node.value as string) : undefined;
  if (value === undefined) return undefined;
  if (node.type === "LeafWithHash" || node.type === "BranchWithHash") return (read.proofs[value] as { value: string }).value;
  // Its leaf decoder leaves the length before the value.
  return node.type === "Leaf" ? `0x${value.slice(2 + lengthPrefixDigits(value))}` : value;
}

function lengthPrefixDigits(value: string): number {
  return [2, 4, 8, 8][Number(value.slice(0, 4)) & 3];
}

test("one opened proof answers for many keys", () => {
  const model = new Map([["ab", new Uint8Array(50)], ["ac", new Uint8Array(3)], ["b", new Uint8Array(0)]]);
  const keys = [...model.keys(), "zz"].map(fromLatin1);
  const { root, nodes } = proveFromEntries(sortedEntries(model), keys, 1);
  const view = openProof(root, nodes);
  assert.ok(view.ok);
  for (const key of keys) assert.deepEqual(view.value.get(key), { ok: true, value: truth(model, key) });
});

test("a proof over the limits, or for a key over the limit, is refused before any walk", () => {
  const node = new Uint8Array(100);
  assert.deepEqual(verifyProof(new Uint8Array(32), [node, node], node, { nodesMax: 1, bytesMax: 1000 }), { ok: false, error: "PROOF_TOO_LARGE" });
  assert.deepEqual(verifyProof(new Uint8Array(32), [node, node], node, { nodesMax: 9, bytesMax: 199 }), { ok: false, error: "PROOF_TOO_LARGE" });
  assert.deepEqual(verifyProof(new Uint8Array(32), [node], new Uint8Array(1025)), { ok: false, error: "PROOF_KEY_TOO_LONG" });
});

test("node encodings are read one way only: whatever decodes encodes to the same bytes", () => {
  const headers = fc.constantFrom(0x00, 0x01, 0x11, 0x1f, 0x21, 0x3f, 0x41, 0x7f, 0x80, 0x81, 0xbf, 0xc1);
  const bytes = fc.tuple(headers, fc.uint8Array({ maxLength: 80 })).map(([header, rest]) => Uint8Array.from([header, ...rest]));
  let decoded = 0;
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 80 })), (encoding) => {
      for (const omitted of [false, true]) {
        try {
          const node = decodeNode(encoding, omitted);
          decoded++;
          assert.ok(equalBytes(encodeNode(node), encoding));
        } catch (error) {
          assert.equal((error as Error).name, "DecodeError");
        }
      }
    }),
    { numRuns: 20_000 },
  );
  assert.ok(decoded > 100, `${decoded} decoded`);
});

test("non-canonical nodes are refused, each for its reason", () => {
  const codeOf = (bytes: number[]): string => {
    try {
      decodeNode(Uint8Array.from(bytes));
      return "none";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(codeOf([]), "CODEC_UNEXPECTED_END");
  assert.equal(codeOf([0, 0]), "CODEC_TRAILING_BYTES");
  assert.equal(codeOf([1]), "CODEC_UNKNOWN_VARIANT");
  assert.equal(codeOf([0x41, 0x10, 0]), "CODEC_NON_CANONICAL"); // padding
  assert.equal(codeOf([0x40, 0x01, 0x00]), "CODEC_NON_CANONICAL"); // compact(0) in two bytes
  assert.equal(codeOf([0x80, 0, 0]), "CODEC_NON_CANONICAL"); // no child
  assert.equal(codeOf([0x80, 1, 0, 4, 0]), "CODEC_NON_CANONICAL"); // one child, no value
  assert.equal(codeOf([0x80, 3, 0, 0, 0]), "CODEC_OUT_OF_RANGE"); // empty references
  assert.equal(codeOf([0x80, 3, 0, 33 << 2]), "CODEC_OUT_OF_RANGE");
  assert.equal(codeOf([0x7f, ...new Array(258).fill(255)]), "CODEC_OUT_OF_RANGE");
});

test("bundled for a browser, the verifiers load nothing of node and give the same answers", async () => {
  const source = fileURLToPath(new URL("./compact-proof.ts", import.meta.url));
  const proofs = fileURLToPath(new URL("./proof.ts", import.meta.url));
  const stdin = { contents: `export * from ${JSON.stringify(source)}; export * from ${JSON.stringify(proofs)};`, resolveDir: "." };
  const bundle = await build({ stdin, bundle: true, platform: "browser", format: "esm", write: false, logLevel: "silent" });
  const code = bundle.outputFiles[0].text;
  assert.doesNotMatch(code, /require\(|from "node:|\bBuffer\.from/);
  const browser = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as typeof import("./compact-proof.ts") &
    typeof import("./proof.ts");
  const model = new Map([["ab", new Uint8Array(50)], ["ac", new Uint8Array(3)]]);
  const keys = ["ab", "ac", "ad"].map(fromLatin1);
  const { root, nodes } = proveFromEntries(sortedEntries(model), keys, 1);
  const compact = browser.encodeCompactProof(root, nodes);
  assert.ok(compact.ok);
  for (const key of keys) {
    const expected = { ok: true, value: truth(model, key) };
    assert.deepEqual(browser.verifyProof(root, nodes, key), expected);
    assert.deepEqual(browser.verifyCompactProof(root, compact.value, key), expected);
  }
});
