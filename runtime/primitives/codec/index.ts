// The SCALE codec: one place to import it from.
export * from "./collection.ts";
export * from "./primitive.ts";
export * from "./reader.ts";
export * from "./struct.ts";
export * from "./ty.ts";
export * from "./writer.ts";
