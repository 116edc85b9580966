/** The members of a result, one by one, as a reader of its JSON meets them. */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { Result } from "../src/results/result.ts";

export interface Member {
  /** `backends[].counts.*`. */
  readonly path: string;
  readonly name: string;
  /** `string`, `number`, `boolean`, `object`, `array` or `any`. */
  readonly type: string;
  /** Of an array: the type of each in it. */
  readonly item: string | undefined;
  readonly isRequired: boolean;
  readonly isTime: boolean;
  /** The names of what is in it, or in each of them. */
  readonly members: readonly string[];
  readonly about: string;
  /** What it may be, where that is a list of words. */
  readonly values: readonly string[];
  /** The format of its own that it is in, if it is. */
  readonly format: string | undefined;
}

/** Every member of a result, from the outside in. */
export const membersOf = (result: Result, typeMode: "input" | "output" = "output"): Member[] =>
  below(schemaOf(result, typeMode), "");

/** The JSON Schema of a result's members. */
export const schemaOf = ({ schema }: Result, typeMode: "input" | "output" = "output"): JsonSchema =>
  toJsonSchema(schema, { target: "draft-2020-12", typeMode, errorMode: "ignore" });

function below(schema: JsonSchema, path: string): Member[] {
  if (schema.title !== undefined) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    if (typeof one === "boolean") return [];
    const here = path === "" ? name : `${path}.${name}`;
    return [memberOf(name, one, here, schema.required?.includes(name) === true), ...inside(one, here)];
  });
}

function inside(schema: JsonSchema, path: string): Member[] {
  const item = itemOf(schema);
  return item === undefined ? below(schema, path) : inside(item, `${path}[]`);
}

function itemOf({ items }: JsonSchema): JsonSchema | undefined {
  return typeof items === "object" && !Array.isArray(items) ? (items as JsonSchema) : undefined;
}

function memberOf(name: string, schema: JsonSchema, path: string, isRequired: boolean): Member {
  const item = itemOf(schema);
  return {
    path,
    name,
    type: typeOf(schema),
    item: item && typeOf(item),
    isRequired,
    isTime: (schema.pattern ?? "").startsWith("^\\d{4}-\\d\\d-\\d\\dT"),
    members: Object.keys((item ?? schema).properties ?? {}),
    about: schema.description ?? "",
    values: [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])].map(String),
    format: schema.title ?? item?.title,
  };
}

function typeOf({ type, enum: values, const: one }: JsonSchema): string {
  if (typeof type === "string") return type === "integer" ? "number" : type;
  const [value = one] = values ?? [];
  return value === undefined ? "any" : typeof value;
}
