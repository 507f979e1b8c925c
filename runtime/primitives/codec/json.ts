// Values as JSON and back, for every SCALE type, driven by its shape.
// u64 and wider are decimal strings, bytes are 0x-hex, accounts are addresses, enums are `{ type, value }`, None is null.
import { nearest } from "../spelling.ts";
import { toHex, tryFromHex } from "../bytes.ts";
import { IMMORTAL } from "../era.ts";
import type { Era } from "../era.ts";
import { CodedError, EncodeError } from "../errors.ts";
import { decodeSs58, encodeSs58 } from "../ss58.ts";
import { MAX_DECODE_DEPTH } from "./reader.ts";
import { decode, encode } from "./ty.ts";
import type { AnyTy, FieldShape, PrimitiveName, Shape, Ty, VariantShape } from "./ty.ts";
import { Writer } from "./writer.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export interface JsonOptions {
  /** With it accounts are addresses of this chain, without it 0x-hex. */
  readonly ss58Prefix?: number;
}
export type JsonErrorDetail = {
  readonly code: "JSON_WRONG_TYPE" | "JSON_OUT_OF_RANGE" | "JSON_MISSING_FIELD" | "JSON_UNKNOWN_FIELD" | "JSON_UNKNOWN_VARIANT" | "JSON_TOO_DEEP";
  /** Where in the input: `call.value.value.dest`. */
  readonly path: string;
};
export class JsonError extends CodedError<JsonErrorDetail> {}

type Composite = Extract<Shape, { kind: "composite" }>;
type Enum = Extract<Shape, { kind: "variant" }>;
type Fields = readonly FieldShape[];

const ACCOUNT = "sp_core::crypto::AccountId32";
const ADDRESS = "sp_runtime::multiaddress::MultiAddress";
const ERA = "sp_runtime::generic::era::Era";

function isByte(type: AnyTy): boolean {
  return type.shape.kind === "primitive" && type.shape.name === "u8";
}

/** A struct with one nameless field has the field's value. */
function isNewtype(fields: Fields): boolean {
  return fields.length === 1 && fields[0]!.name === undefined;
}

function isNamed(fields: Fields): boolean {
  return fields.length > 0 && fields[0]!.name !== undefined;
}

/** The value as JSON. It must be a value of the type, as decoding gives it. */
export function toJson<T>(type: Ty<T>, value: T, options: JsonOptions = {}): Json {
  return write(type, value, options.ss58Prefix);
}

function write({ shape }: AnyTy, value: unknown, prefix: number | undefined): Json {
  switch (shape.kind) {
    case "primitive":
      return typeof value === "bigint" ? value.toString() : (value as Json);
    case "compact":
      return write(shape.of, value, prefix);
    case "lazy":
      return write(shape.resolve(), value, prefix);
    case "sequence":
    case "array":
      return isByte(shape.of) ? toHex(value as Uint8Array) : (value as unknown[]).map((item) => write(shape.of, item, prefix));
    case "tuple":
      return shape.of.length === 0 ? null : shape.of.map((item, i) => write(item, (value as unknown[])[i], prefix));
    case "composite":
      if (shape.path === ACCOUNT && prefix !== undefined) return encodeSs58(value as Uint8Array, prefix);
      return shape.fields.length === 0 ? null : writeFields(shape.fields, value, prefix);
    case "variant":
      return writeVariant(shape, value, prefix);
  }
}

function writeFields(fields: Fields, value: unknown, prefix: number | undefined): Json {
  if (isNewtype(fields)) return write(fields[0]!.type, value, prefix);
  if (!isNamed(fields)) return fields.map(({ type }, i) => write(type, (value as unknown[])[i], prefix));
  return Object.fromEntries(fields.map(({ name, type }) => [name!, write(type, (value as Record<string, unknown>)[name!], prefix)]));
}

function writeVariant(shape: Enum, value: unknown, prefix: number | undefined): Json {
  if (shape.path === "Option") return value === undefined ? null : write(shape.variants[1]!.fields[0]!.type, value, prefix);
  if (shape.path === ERA) return writeEra(value as Era);
  const tagged = shape.path === "Result" ? taggedResult(value as TaggedOk) : (value as { type: string; value?: unknown });
  const { fields } = shape.variants.find(({ name }) => name === tagged.type)!;
  return fields.length === 0 ? { type: tagged.type } : { type: tagged.type, value: writeFields(fields, tagged.value, prefix) };
}

type TaggedOk = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function taggedResult(result: TaggedOk): { type: string; value: unknown } {
  return result.ok ? { type: "Ok", value: result.value } : { type: "Err", value: result.error };
}

function writeEra(era: Era): Json {
  return era.type === "Immortal" ? "Immortal" : { period: era.period, phase: era.phase };
}

/**
 * The value that the JSON stands for, exactly as decoding its bytes gives it. Besides what `toJson` gives, it takes
 * `"Name"` for an enum's variant without fields, `{ "Name": value }` for any variant, hex for an account, and an account
 * for a MultiAddress. `root` is how messages call the whole input. Throws JsonError.
 */
export function fromJson<T>(type: Ty<T>, json: unknown, root = "value"): T {
  const value = new JsonReader().read(type, json, root);
  return decode(type, encodeChecked(type, value, root)) as T;
}

function encodeChecked(type: AnyTy, value: unknown, path: string): Uint8Array {
  try {
    return encode(type, value);
  } catch (error) {
    throw error instanceof EncodeError ? failure("JSON_OUT_OF_RANGE", path, error.message) : error;
  }
}

class JsonReader {
  readonly #scratch = new Writer();
  #depth = 0;

  read(type: AnyTy, json: unknown, path: string): unknown {
    const { shape } = type;
    switch (shape.kind) {
      case "primitive":
        return this.#inRange(type, primitive(shape.name, json, path), path);
      case "compact":
        return this.#inRange(type, this.read(shape.of, json, path), path);
      case "lazy":
        return this.#nested(shape.resolve(), json, path);
      case "sequence":
        return isByte(shape.of) ? hexBytes(json, undefined, path) : this.#items(shape.of, json, undefined, path);
      case "array":
        return isByte(shape.of) ? hexBytes(json, shape.size, path) : this.#items(shape.of, json, shape.size, path);
      case "tuple":
        return this.#tuple(shape.of, json, path);
      case "composite":
        return this.#composite(type, shape, json, path);
      case "variant":
        return this.#variant(type, shape, json, path);
    }
  }

  #nested(type: AnyTy, json: unknown, path: string): unknown {
    if (++this.#depth > MAX_DECODE_DEPTH) throw failure("JSON_TOO_DEEP", path.slice(0, 80), `nested deeper than ${MAX_DECODE_DEPTH} levels`);
    const value = this.read(type, json, path);
    this.#depth--;
    return value;
  }

  /** Lets the type itself check the range, here where the path is known. */
  #inRange(type: AnyTy, value: unknown, path: string): unknown {
    this.#scratch.length = 0;
    try {
      type.encodeTo(value, this.#scratch);
    } catch (error) {
      throw error instanceof EncodeError ? failure("JSON_OUT_OF_RANGE", path, error.message) : error;
    }
    return value;
  }

  #items(of: AnyTy, json: unknown, size: number | undefined, path: string): unknown[] {
    const expected = size === undefined ? "an array" : `an array of ${size}`;
    if (!Array.isArray(json) || (size !== undefined && json.length !== size)) throw wrongType(path, expected, json);
    return json.map((item, i) => this.read(of, item, `${path}[${i}]`));
  }

  #tuple(of: readonly AnyTy[], json: unknown, path: string): unknown {
    if (of.length === 0) {
      if (json !== null && json !== undefined) throw wrongType(path, "null", json);
      return undefined;
    }
    if (!Array.isArray(json) || json.length !== of.length) throw wrongType(path, `an array of ${of.length}`, json);
    return of.map((item, i) => this.read(item, json[i], `${path}[${i}]`));
  }

  #composite(type: AnyTy, shape: Composite, json: unknown, path: string): unknown {
    if (shape.path === ACCOUNT) return account(json, path);
    const value = this.#fields(shape.fields, json, path);
    return isNewtype(shape.fields) ? this.#inRange(type, value, path) : value;
  }

  #fields(fields: Fields, json: unknown, path: string): unknown {
    if (isNewtype(fields)) return this.read(fields[0]!.type, json, path);
    if (fields.length === 0) return emptyObject(json, path);
    if (!isNamed(fields)) return this.#tuple(fields.map(({ type }) => type), json, path);
    const object = plainObject(json, path, `an object with ${fields.map(({ name }) => name).join(", ")}`);
    const names = fields.map(({ name }) => name!);
    for (const key of Object.keys(object)) if (!names.includes(key)) throw unknownName("JSON_UNKNOWN_FIELD", path, "field", key, names);
    return Object.fromEntries(fields.map(({ name, type }) => [name!, this.#field(type, object, name!, path)]));
  }

  #field(type: AnyTy, object: Record<string, unknown>, name: string, path: string): unknown {
    if (!Object.hasOwn(object, name)) throw failure("JSON_MISSING_FIELD", `${path}.${name}`, `missing, expected ${expectation(type)}`);
    return this.read(type, object[name], `${path}.${name}`);
  }

  #variant(type: AnyTy, shape: Enum, json: unknown, path: string): unknown {
    if (shape.path === "Option") return json === null || json === undefined ? undefined : this.read(shape.variants[1]!.fields[0]!.type, json, path);
    if (shape.path === ERA) return this.#inRange(type, era(json, path), path);
    if (shape.path === ADDRESS && isAccountText(shape, json)) return { type: "Id", value: account(json, path) };
    const { variant, value, at } = taggedJson(shape, json, path);
    const inner = this.#fields(variant.fields, value, at);
    if (shape.path !== "Result") return { type: variant.name, value: inner };
    return variant.name === "Ok" ? { ok: true, value: inner } : { ok: false, error: inner };
  }
}

const SMALL: readonly PrimitiveName[] = ["u8", "u16", "u32", "i8", "i16", "i32"];

function primitive(name: PrimitiveName, json: unknown, path: string): unknown {
  if (name === "bool") return typeof json === "boolean" ? json : raise(wrongType(path, "true or false", json));
  if (name === "str" || name === "char") return typeof json === "string" ? json : raise(wrongType(path, "a string", json));
  if (SMALL.includes(name)) return Number.isInteger(json) ? json : raise(wrongType(path, `a whole number (${name})`, json));
  if (typeof json === "string" && /^-?\d{1,78}$/.test(json)) return BigInt(json);
  if (Number.isSafeInteger(json)) return BigInt(json as number);
  throw wrongType(path, `a decimal string (${name})`, json);
}

function hexBytes(json: unknown, size: number | undefined, path: string): Uint8Array {
  const expected = size === undefined ? "0x-prefixed hex" : `0x-prefixed ${size} bytes`;
  const bytes = typeof json === "string" ? tryFromHex(json) : undefined;
  if (bytes === undefined || (size !== undefined && bytes.length !== size)) throw wrongType(path, expected, json);
  return bytes;
}

function account(json: unknown, path: string): Uint8Array {
  if (typeof json === "string" && !json.startsWith("0x")) {
    const address = decodeSs58(json);
    if (address.ok) return address.value.account;
    throw failure("JSON_WRONG_TYPE", path, `expected an address or 0x-prefixed 32 bytes, got ${show(json)}: ${address.error.message}`);
  }
  return hexBytes(json, 32, path);
}

function isAccountText(shape: Enum, json: unknown): boolean {
  return typeof json === "string" && !shape.variants.some(({ name }) => name === json);
}

function era(json: unknown, path: string): Era {
  if (json === "Immortal") return IMMORTAL;
  const expected = '"Immortal" or { period, phase }';
  const { period, phase, ...others } = plainObject(json, path, expected);
  const extra = Object.keys(others)[0];
  if (extra !== undefined) throw unknownName("JSON_UNKNOWN_FIELD", path, "field", extra, ["period", "phase"]);
  if (!Number.isInteger(period) || !Number.isInteger(phase)) throw wrongType(path, expected, json);
  return { type: "Mortal", period: period as number, phase: phase as number };
}

/** Takes the three ways to write an enum apart: `"Name"`, `{ type: "Name", value }` and `{ "Name": value }`. */
function taggedJson({ variants }: Enum, json: unknown, path: string): { variant: VariantShape; value: unknown; at: string } {
  if (typeof json === "string") return { variant: named(variants, json, path), value: undefined, at: path };
  const object = plainObject(json, path, "{ type, value }");
  if (typeof object["type"] === "string") {
    const { type, value, ...others } = object;
    const extra = Object.keys(others)[0];
    if (extra !== undefined) throw unknownName("JSON_UNKNOWN_FIELD", path, "field", extra, ["type", "value"]);
    return { variant: named(variants, type as string, `${path}.type`), value, at: `${path}.value` };
  }
  const keys = Object.keys(object);
  if (keys.length !== 1) throw wrongType(path, "{ type, value }", json);
  return { variant: named(variants, keys[0]!, path), value: object[keys[0]!], at: `${path}.${keys[0]}` };
}

function named(variants: readonly VariantShape[], name: string, path: string): VariantShape {
  const found = variants.find((variant) => variant.name === name);
  return found ?? raise(unknownName("JSON_UNKNOWN_VARIANT", path, "variant", name, variants.map((variant) => variant.name)));
}

function plainObject(json: unknown, path: string, expected: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw wrongType(path, expected, json);
  return json as Record<string, unknown>;
}

function emptyObject(json: unknown, path: string): object {
  if (json === null || json === undefined) return {};
  const key = Object.keys(plainObject(json, path, "nothing"))[0];
  if (key !== undefined) throw failure("JSON_UNKNOWN_FIELD", path, `unknown field "${clip(key)}", expected none`);
  return {};
}

function expectation({ shape, typeName }: AnyTy): string {
  if (shape.kind === "array" && isByte(shape.of)) return `0x-prefixed ${shape.size} bytes`;
  if (shape.kind === "sequence" && isByte(shape.of)) return "0x-prefixed hex";
  return typeName || shape.kind;
}

function unknownName(code: JsonErrorDetail["code"], path: string, what: string, name: string, known: readonly string[]): JsonError {
  const near = nearest(name, known);
  const hint = near === undefined ? `expected one of ${clip(known.join(", "), 200)}` : `did you mean "${near}"?`;
  return failure(code, path, `unknown ${what} "${clip(name)}", ${hint}`);
}

function wrongType(path: string, expected: string, json: unknown): JsonError {
  return failure("JSON_WRONG_TYPE", path, `expected ${expected}, got ${show(json)}`);
}

function failure(code: JsonErrorDetail["code"], path: string, message: string): JsonError {
  return new JsonError({ code, path }, `${path}: ${message}`);
}

function raise(error: Error): never {
  throw error;
}

function show(json: unknown): string {
  if (json === undefined) return "nothing";
  if (Array.isArray(json)) return `an array of ${json.length}`;
  if (typeof json === "object" && json !== null) return `an object with ${clip(Object.keys(json).join(", ") || "no fields")}`;
  return clip(typeof json === "string" ? JSON.stringify(json) : String(json), 90);
}

function clip(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
