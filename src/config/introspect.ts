/** What a valibot schema declares: its kind, its entries, the metadata of an option. */
import * as v from "valibot";
import type { OptionMetadata } from "../contract/options.ts";
import { given } from "../units/given.ts";
import type { Path } from "./source.ts";

type Schema = v.GenericSchema;

/** The schema inside `optional`, `nullish` and pipes. */
export function unwrap(schema: Schema): Schema {
  if ("wrapped" in schema && isSchema(schema.wrapped)) return unwrap(schema.wrapped);
  if ("pipe" in schema && Array.isArray(schema.pipe)) {
    const [first] = schema.pipe;
    if (isSchema(first) && first !== schema && !("pipe" in first)) return unwrap(first);
  }
  return schema;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";

/** The keys that an object schema declares; none for other schemas. */
export function keysOf(schema: Schema): readonly string[] {
  const inner = unwrap(schema);
  return "entries" in inner && typeof inner.entries === "object" && inner.entries !== null
    ? Object.keys(inner.entries)
    : [];
}

/** The schema of the value at a path, as far as objects and records lead. */
export function schemaAt(schema: Schema, path: Path): Schema | undefined {
  let found: Schema | undefined = schema;
  for (const key of path) found = found === undefined ? undefined : childOf(unwrap(found), String(key));
  return found;
}

function childOf(schema: Schema, key: string): Schema | undefined {
  if ("entries" in schema && typeof schema.entries === "object" && schema.entries !== null) {
    const entry: unknown = Object.hasOwn(schema.entries, key) ? Reflect.get(schema.entries, key) : undefined;
    return isSchema(entry) ? entry : undefined;
  }
  return schema.type === "record" && "value" in schema && isSchema(schema.value) ? schema.value : undefined;
}

/** The actions of a schema's pipe, and of pipes within it: `min_value`, `description` … */
export function actionsOf(schema: Schema): readonly unknown[] {
  if ("wrapped" in schema && isSchema(schema.wrapped)) return actionsOf(schema.wrapped);
  const pipe: readonly unknown[] = "pipe" in schema && Array.isArray(schema.pipe) ? schema.pipe : [];
  return pipe.flatMap((one) => (isSchema(one) ? actionsOf(one) : [one]));
}

/** The option's description and metadata, wherever they are attached in the schema. */
export function about(schema: Schema): OptionMetadata & { readonly description?: string } {
  const description = v.getDescription(schema) ?? descriptionBelow(schema);
  const below = "wrapped" in schema && isSchema(schema.wrapped) ? about(schema.wrapped) : {};
  const own: OptionMetadata = v.getMetadata(schema);
  return { ...below, ...own, ...given({ description }) };
}

/** The duration that one of the numbers is which a setting is read as: `1d`; `undefined`: they are no durations. */
export function lastingOf(schema: Schema): string | undefined {
  const { lasts } = v.getMetadata(schema);
  if (typeof lasts === "string") return lasts;
  return "wrapped" in schema && isSchema(schema.wrapped) ? lastingOf(schema.wrapped) : undefined;
}

const descriptionBelow = (schema: Schema): string | undefined =>
  "wrapped" in schema && isSchema(schema.wrapped) ? about(schema.wrapped).description : undefined;
