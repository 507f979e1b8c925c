import { toHex, tryFromHex } from "../../runtime/primitives/bytes.ts";
import { RpcError, invalidParams, preview } from "./errors.ts";

/** What a parameter must be. `parse` returns undefined for a value that is not it, or throws `Mismatch` to say where inside. */
export interface Shape<T> {
  /** Reads after "expected", for example "0x-prefixed 32 bytes". */
  readonly expected: string;
  parse(value: unknown): T | undefined;
}

/** A mismatch inside a parameter, at `path` ("element 3"). */
class Mismatch extends Error {
  readonly path: string;
  readonly expected: string;
  readonly got: unknown;
  constructor(path: string, expected: string, got: unknown) {
    super(expected);
    this.path = path;
    this.expected = expected;
    this.got = got;
  }
}

const U32_MAX = 0xffff_ffff;

export const hash32: Shape<Uint8Array> = { expected: "0x-prefixed 32 bytes", parse: (value) => parseHex(value, 32, 32) };

/** A hash as canonical lower-case hex: the form to use as a key. */
export const hash32Hex: Shape<`0x${string}`> = {
  expected: hash32.expected,
  parse: (value) => {
    const bytes = parseHex(value, 32, 32);
    return bytes === undefined ? undefined : toHex(bytes);
  },
};

export const u32: Shape<number> = {
  expected: `an integer from 0 to ${U32_MAX}`,
  parse: (value) => (isU32(value) ? value : undefined),
};

/** A block number as clients write it: a JSON number, or hex such as "0x1f". */
export const u32OrHex: Shape<number> = {
  expected: `an integer from 0 to ${U32_MAX}, or the same as 0x-prefixed hex`,
  parse: (value) => {
    if (typeof value !== "string") return isU32(value) ? value : undefined;
    return /^0x[0-9a-fA-F]{1,8}$/.test(value) ? Number.parseInt(value.slice(2), 16) : undefined;
  },
};

export const boolean: Shape<boolean> = { expected: "true or false", parse: (value) => (typeof value === "boolean" ? value : undefined) };

/** Hex bytes; lengths in bytes, both inclusive. */
export function hexBytes(lengthMax: number, lengthMin = 0): Shape<Uint8Array> {
  const size = lengthMin === lengthMax ? `${lengthMax} bytes` : `bytes, ${lengthMin} to ${lengthMax} of them`;
  return { expected: `0x-prefixed ${size}`, parse: (value) => parseHex(value, lengthMin, lengthMax) };
}

/** Length in UTF-16 units. */
export function text(lengthMax: number): Shape<string> {
  return {
    expected: `a string of at most ${lengthMax} characters`,
    parse: (value) => (typeof value === "string" && value.length <= lengthMax ? value : undefined),
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return {
    expected: `one of ${allowed.map((name) => JSON.stringify(name)).join(", ")}`,
    parse: (value) => allowed.find((name) => name === value),
  };
}

export function listOf<T>(element: Shape<T>, lengthMax: number): Shape<T[]> {
  const expected = `an array of at most ${lengthMax}, each ${element.expected}`;
  return {
    expected,
    parse: (value) => {
      if (!Array.isArray(value) || value.length > lengthMax) return undefined;
      return value.map((item: unknown, index) => parseElement(element, item, index));
    },
  };
}

/** A JSON object (not an array, not null); its members are the handler's to check. */
export const plainObject: Shape<Readonly<Record<string, unknown>>> = {
  expected: "an object",
  parse: (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined),
};

/**
 * Reads the positional parameters of a call one after the other. Every failure is -32602 and names position, parameter and rule:
 * `Invalid params: parameter 2 ("hash"): expected 0x-prefixed 32 bytes, got "0x12"`.
 * Left-over parameters are ignored, as Substrate does, unless the handler calls `end`.
 */
export class ParamReader {
  /** As sent. */
  readonly values: readonly unknown[];
  private next = 0;

  constructor(values: readonly unknown[]) {
    this.values = values;
  }

  get<T>(name: string, shape: Shape<T>): T {
    const value = this.values[this.next++];
    const parsed = this.parse(name, shape, value);
    if (parsed === undefined) throw this.refusal(name, shape.expected, value);
    return parsed;
  }

  /** Undefined when the parameter is absent or null. */
  optional<T>(name: string, shape: Shape<T>): T | undefined {
    const value = this.values[this.next];
    if (value === undefined || value === null) {
      this.next++;
      return undefined;
    }
    return this.get(name, shape);
  }

  bytes(name: string, lengthMax: number): Uint8Array {
    return this.get(name, hexBytes(lengthMax));
  }
  hash(name: string): Uint8Array {
    return this.get(name, hash32);
  }
  optionalHash(name: string): Uint8Array | undefined {
    return this.optional(name, hash32);
  }
  u32(name: string): number {
    return this.get(name, u32);
  }
  optionalU32(name: string): number | undefined {
    return this.optional(name, u32);
  }
  boolean(name: string): boolean {
    return this.get(name, boolean);
  }
  string(name: string, lengthMax: number): string {
    return this.get(name, text(lengthMax));
  }
  array<T>(name: string, element: Shape<T>, lengthMax: number): T[] {
    return this.get(name, listOf(element, lengthMax));
  }

  /** Refuses parameters that nobody read. */
  end(): void {
    if (this.values.length > this.next) throw invalidParams(`expected at most ${this.next} parameters, got ${this.values.length}`);
  }

  /** An error about the parameter read last, for a rule that no shape can state. */
  refuse(name: string, expected: string): RpcError {
    return this.refusal(name, expected, this.values[this.next - 1]);
  }

  private parse<T>(name: string, shape: Shape<T>, value: unknown): T | undefined {
    try {
      return shape.parse(value);
    } catch (error) {
      if (error instanceof Mismatch) throw this.refusal(name, error.expected, error.got, error.path);
      throw error;
    }
  }

  private refusal(name: string, expected: string, got: unknown, path?: string): RpcError {
    const where = path === undefined ? "" : `${path}: `;
    return invalidParams(`parameter ${this.next} ("${name}"): ${where}expected ${expected}, got ${preview(got)}`);
  }
}

function parseElement<T>(element: Shape<T>, item: unknown, index: number): T {
  try {
    const parsed = element.parse(item);
    if (parsed === undefined) throw new Mismatch(`element ${index + 1}`, element.expected, item);
    return parsed;
  } catch (error) {
    if (!(error instanceof Mismatch) || error.path === `element ${index + 1}`) throw error;
    throw new Mismatch(`element ${index + 1}, ${error.path}`, error.expected, error.got);
  }
}

function parseHex(value: unknown, lengthMin: number, lengthMax: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length < 2 + 2 * lengthMin || value.length > 2 + 2 * lengthMax) return undefined;
  return tryFromHex(value);
}

function isU32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= U32_MAX;
}
