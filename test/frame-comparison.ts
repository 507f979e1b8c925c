import { toHex } from "../runtime/primitives/bytes.ts";
import type { MetadataV16, PortableField, PortableType } from "../runtime/frame/metadata/format.ts";

type Pallet = MetadataV16["pallets"][number];
type Api = MetadataV16["apis"][number];

/** Outer enums, what a runtime declares for itself, and the extrinsic with its list of extensions: they differ from chain to chain by design. */
function isRuntimeOwn(path: readonly string[]): boolean {
  return path.at(-1) === "UncheckedExtrinsic" || (path[0]?.endsWith("_runtime") === true && path[0] !== "sp_runtime");
}

/** Where two types differ, or undefined: path, parameters, fields and variants, all the way down. */
class TypeComparison {
  readonly #seen = new Set<string>();
  readonly #our: readonly PortableType[];
  readonly #their: readonly PortableType[];

  constructor(our: MetadataV16, their: MetadataV16) {
    this.#our = our.types;
    this.#their = their.types;
  }

  differ(our: number | undefined, their: number | undefined): string | undefined {
    if (our === undefined || their === undefined) return our === their ? undefined : "a type parameter stands for a type on one side only";
    const pair = `${our}:${their}`;
    if (this.#seen.has(pair)) return undefined;
    this.#seen.add(pair);
    return this.#entries(this.#our[our]!, this.#their[their]!);
  }

  #entries(our: PortableType, their: PortableType): string | undefined {
    const [name, expected] = [our.path.join("::"), their.path.join("::")];
    if (isRuntimeOwn(our.path) && isRuntimeOwn(their.path)) return same("type", our.path.at(-1), their.path.at(-1));
    const difference =
      same("path", name, expected) ??
      same(`parameters of ${name}`, our.params.map((param) => param.name), their.params.map((param) => param.name)) ??
      first(our.params.map((param, i) => this.differ(param.type, their.params[i]!.type))) ??
      this.#definitions(our.def, their.def, name);
    return difference;
  }

  #definitions(our: PortableType["def"], their: PortableType["def"], name: string): string | undefined {
    if (our.type !== their.type) return `${name || "a type"} is ${our.type}, not ${their.type}`;
    switch (our.type) {
      case "Composite":
        return this.fields(our.value, their.value as PortableField[], name);
      case "Variant": {
        const theirs = their.value as typeof our.value;
        return (
          same(`variants of ${name}`, our.value.map(indexed).toSorted(byText), theirs.map(indexed).toSorted(byText)) ??
          first(our.value.map((variant) => this.fields(variant.fields, named(theirs, variant.name)!.fields, `${name}.${variant.name}`)))
        );
      }
      case "Array":
        return same("length", our.value.len, (their.value as typeof our.value).len) ?? this.differ(our.value.type, (their.value as typeof our.value).type);
      case "Tuple": {
        const theirs = their.value as typeof our.value;
        return same("items of a tuple", our.value.length, theirs.length) ?? first(our.value.map((id, i) => this.differ(id, theirs[i])));
      }
      case "Sequence":
      case "Compact":
        return this.differ(our.value, their.value as number);
      case "Primitive":
        return same("primitive", our.value.type, (their.value as typeof our.value).type);
      case "BitSequence":
        return undefined;
    }
  }

  fields(our: readonly PortableField[], their: readonly PortableField[], name: string): string | undefined {
    return (
      same(`fields of ${name}`, our.map((field) => field.name), their.map((field) => field.name)) ??
      first(our.map((field, i) => prefixed(field.name, this.differ(field.type, their[i]!.type))))
    );
  }
}

const first = (differences: readonly (string | undefined)[]): string | undefined => differences.find((difference) => difference !== undefined);
const prefixed = (name: string | undefined, difference: string | undefined): string | undefined => difference && (name === undefined ? difference : `${name}: ${difference}`);
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const indexed = ({ name, index }: { name: string; index: number }): string => `${name}=${index}`;

function same(what: string, our: unknown, their: unknown): string | undefined {
  const [a, b] = [JSON.stringify(our), JSON.stringify(their)];
  return a === b ? undefined : `${what} is ${a}, FRAME has ${b}`;
}

export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T | undefined {
  return list.find((item) => item.name === name);
}

/** Compares two lists by name: `- x` is FRAME's only, `+ x` is ours only, `! x: ...` is not the same. */
function* lists<T extends { readonly name: string }>(kind: string, our: readonly T[], their: readonly T[], compare: (our: T, their: T) => string | undefined): Generator<string> {
  for (const { name } of their) if (named(our, name) === undefined) yield `- ${kind} ${name}`;
  for (const item of our) {
    const match = named(their, item.name);
    const difference = match && compare(item, match);
    if (match === undefined) yield `+ ${kind} ${item.name}`;
    else if (difference !== undefined) yield `! ${kind} ${item.name}: ${difference}`;
  }
}

type StorageEntry = NonNullable<Pallet["storage"]>["entries"][number];
interface VariantEntry {
  readonly name: string;
  readonly index: number;
  readonly fields: readonly PortableField[];
}

function variantsOf({ types }: MetadataV16, ref: { readonly ty: number } | undefined): readonly VariantEntry[] {
  const def = ref && types[ref.ty]!.def;
  return def?.type === "Variant" ? def.value : [];
}

/** One chain's metadata against another's. */
export class Comparison {
  readonly #our: MetadataV16;
  readonly #their: MetadataV16;

  constructor(our: MetadataV16, their: MetadataV16) {
    this.#our = our;
    this.#their = their;
  }

  /** How two types differ; undefined when they are the same on the wire and to clients. */
  types(our: number, their: number): string | undefined {
    return new TypeComparison(this.#our, this.#their).differ(our, their);
  }

  /** All differences of two pallets, a line each. */
  *pallets(our: Pallet, their: Pallet): Generator<string> {
    yield* lists("storage", our.storage?.entries ?? [], their.storage?.entries ?? [], (a, b) => this.#storage(a, b));
    for (const kind of ["calls", "event", "error"] as const) {
      yield* lists(kind, variantsOf(this.#our, our[kind]), variantsOf(this.#their, their[kind]), (a, b) => this.#variant(a, b));
      const difference = this.#enumName(our[kind]?.ty, their[kind]?.ty);
      if (difference !== undefined) yield `! ${kind}: ${difference}`;
    }
    yield* lists("constant", our.constants, their.constants, (a, b) => this.types(a.ty, b.ty));
    yield* lists("associated type", our.associated_types, their.associated_types, (a, b) => this.types(a.ty, b.ty));
    yield* lists("view function", our.view_functions, their.view_functions, (a, b) => same("id", toHex(a.id), toHex(b.id)) ?? this.types(a.output, b.output));
  }

  /** All differences of two runtime APIs: version, methods, and their inputs and outputs. */
  *apis(our: Api, their: Api): Generator<string> {
    const version = same("version", our.version, their.version);
    if (version !== undefined) yield `! ${version}`;
    yield* lists("method", our.methods, their.methods, (a, b) => this.#method(a, b));
  }

  #method(our: Api["methods"][number], their: Api["methods"][number]): string | undefined {
    const names = same("inputs", our.inputs.map(({ name }) => name), their.inputs.map(({ name }) => name));
    return names ?? first(our.inputs.map(({ ty }, i) => this.types(ty, their.inputs[i]!.ty))) ?? this.types(our.output, their.output);
  }

  #storage(our: StorageEntry, their: StorageEntry): string | undefined {
    const head = (entry: StorageEntry) => [entry.modifier.type, entry.ty.type, entry.ty.type === "Map" ? entry.ty.value.hashers.map(({ type }) => type) : []];
    const body = ({ ty }: StorageEntry) => (ty.type === "Map" ? [ty.value.key, ty.value.value] : [ty.value]);
    const theirs = body(their);
    return same("kind", head(our), head(their)) ?? first(body(our).map((id, i) => this.types(id, theirs[i]!))) ?? same("default", toHex(our.default), toHex(their.default));
  }

  #variant(our: VariantEntry, their: VariantEntry): string | undefined {
    return same("index", our.index, their.index) ?? new TypeComparison(this.#our, this.#their).fields(our.fields, their.fields, "it");
  }

  #enumName(our: number | undefined, their: number | undefined): string | undefined {
    if (our === undefined || their === undefined) return undefined;
    const shown = (type: PortableType) => [type.path.join("::"), type.params.map(({ name }) => name)];
    return same("type", shown(this.#our.types[our]!), shown(this.#their.types[their]!));
  }
}
