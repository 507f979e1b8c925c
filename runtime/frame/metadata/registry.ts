import { InvariantError } from "../../primitives/errors.ts";
import type { AnyTy, FieldShape, ParamShape, Shape } from "../../primitives/codec/index.ts";
import type { PortableField, PortableType, TypeDescription } from "./format.ts";

/** scale-info's portable registry: gives every type an id, one id for all types that look the same to a client. */
export class TypeRegistry {
  readonly #descriptions: (TypeDescription | undefined)[] = [];
  readonly #byShape = new Map<Shape, number>();
  readonly #byContent = new Map<string, number>();

  /** The type's id; the first call for a type also describes it and all it refers to. An alias has the id of its type. */
  id(type: AnyTy): number {
    const { shape } = type;
    const known = this.#byShape.get(shape);
    if (known !== undefined) return known;
    const id = shape.kind === "lazy" ? this.#resolve(shape.resolve().shape) : this.#intern(shape);
    this.#byShape.set(shape, id);
    return id;
  }

  /** The entries for metadata, each at the index of its id. */
  types(): PortableType[] {
    return this.#descriptions.map((description, id) => {
      if (description === undefined) throw new InvariantError("UNFINISHED_TYPE", `type ${id} is referred to but was not described`);
      return { id, ...description };
    });
  }

  /** Takes the id first and describes the type after: a lazy type may contain itself. */
  #resolve(shape: Shape): number {
    const known = this.#byShape.get(shape);
    if (known !== undefined) return known;
    if (shape.kind === "lazy") return this.#resolve(shape.resolve().shape);
    const id = this.#descriptions.push(undefined) - 1;
    this.#byShape.set(shape, id);
    this.#descriptions[id] = this.#describe(shape);
    return id;
  }

  #intern(shape: Exclude<Shape, { kind: "lazy" }>): number {
    const description = this.#describe(shape);
    // Describing may have met the type itself again, behind a lazy one.
    const content = JSON.stringify(description);
    const known = this.#byShape.get(shape) ?? this.#byContent.get(content);
    if (known !== undefined) return known;
    const id = this.#descriptions.push(description) - 1;
    this.#byContent.set(content, id);
    return id;
  }

  #describe(shape: Exclude<Shape, { kind: "lazy" }>): TypeDescription {
    const named = shape.kind === "composite" || shape.kind === "variant";
    return {
      path: named && shape.path !== "" ? shape.path.split("::") : [],
      params: named ? shape.params.map((param) => this.#param(param)) : [],
      def: this.#definition(shape),
      docs: (named ? shape.docs : undefined) ?? [],
    };
  }

  #definition(shape: Exclude<Shape, { kind: "lazy" }>): TypeDescription["def"] {
    switch (shape.kind) {
      case "primitive":
        return { type: "Primitive", value: { type: shape.name } };
      case "composite":
        return { type: "Composite", value: this.#fields(shape.fields) };
      case "variant": {
        const value = shape.variants.map(({ name, fields, index, docs }) => ({ name, fields: this.#fields(fields), index, docs: docs ?? [] }));
        return { type: "Variant", value };
      }
      case "sequence":
        return { type: "Sequence", value: this.id(shape.of) };
      case "array":
        return { type: "Array", value: { len: shape.size, type: this.id(shape.of) } };
      case "tuple":
        return { type: "Tuple", value: shape.of.map((type) => this.id(type)) };
      case "compact":
        return { type: "Compact", value: this.id(shape.of) };
    }
  }

  #fields(fields: readonly FieldShape[]): PortableField[] {
    return fields.map(({ name, type, docs }) => ({ name, type: this.id(type), type_name: type.typeName || undefined, docs: docs ?? [] }));
  }

  #param({ name, type }: ParamShape): { name: string; type: number | undefined } {
    return { name, type: type && this.id(type) };
  }
}
