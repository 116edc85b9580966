/**
 * A declared option as data, turned back into a schema on the other side: enough for help, the environment and a first check of
 * a value. What only the plugin's own code can judge is judged in its process. Extra environment variables do not cross: a
 * third party could name any variable and read it.
 */

import * as v from "valibot";
import { about, actionsOf, unwrap } from "../../config/introspect.ts";
import { objectOf, openObject } from "../../contract/any-names.ts";
import { given } from "../../units/given.ts";
import { isObject } from "../../units/json.ts";

const DEPTH_MAX = 5;
const word = v.pipe(v.string(), v.maxLength(200));
const bound = v.object({ value: v.number(), message: v.optional(word) });

interface OptionShape {
  /** valibot's name for the type inside `optional` and pipes: `string`, `picklist`. */
  readonly type: string;
  /** Whether it may be absent: `optional`, `nullish`; otherwise it is required. */
  readonly absent?: string | undefined;
  readonly fallback?: unknown;
  readonly description?: string | undefined;
  readonly secret?: boolean | undefined;
  readonly path?: boolean | undefined;
  readonly choices?: readonly (string | number)[] | undefined;
  readonly min?: v.InferOutput<typeof bound> | undefined;
  readonly max?: v.InferOutput<typeof bound> | undefined;
  readonly item?: OptionShape | undefined;
  readonly members?: readonly (readonly [name: string, member: OptionShape])[] | undefined;
}

/** Checks an option's shape that came from a plugin's process: texts are bounded, and shapes may nest. */
export const optionShapeSchema: v.GenericSchema<unknown, OptionShape> = v.object({
  type: word,
  absent: v.optional(word),
  fallback: v.optional(v.unknown()),
  description: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
  secret: v.optional(v.boolean()),
  path: v.optional(v.boolean()),
  choices: v.optional(v.array(v.union([v.string(), v.number()]))),
  min: v.optional(bound),
  max: v.optional(bound),
  item: v.optional(v.lazy(() => optionShapeSchema)),
  members: v.optional(v.array(v.tuple([word, v.lazy(() => optionShapeSchema)]))),
});

const ABSENT = ["optional", "exact_optional", "nullish", "nullable"];

/** What the plugin's process reports about an option. */
export function shapeOf(schema: v.GenericSchema, depth = 0): OptionShape {
  const inner = unwrap(schema);
  const { description, secret, path } = about(schema);
  const fallback: unknown = "default" in schema ? schema.default : undefined;
  return {
    type: inner.type,
    absent: ABSENT.includes(schema.type) ? schema.type : undefined,
    fallback: typeof fallback === "function" ? fallback() : fallback,
    description,
    secret,
    path,
    choices: choicesOf(inner),
    min: boundOf(schema, "min_value"),
    max: boundOf(schema, "max_value"),
    ...(depth < DEPTH_MAX ? below(inner, depth + 1) : {}),
  };
}

function choicesOf(inner: v.GenericSchema): (string | number)[] | undefined {
  if (!("options" in inner) || !Array.isArray(inner.options)) return undefined;
  const options: readonly unknown[] = inner.options;
  return options.filter((option) => typeof option === "string" || typeof option === "number");
}

function boundOf(schema: v.GenericSchema, type: string): OptionShape["min"] {
  const action = actionsOf(schema).find((one) => isObject(one) && Reflect.get(one, "type") === type);
  if (!isObject(action)) return undefined;
  const [value, message] = [Reflect.get(action, "requirement"), Reflect.get(action, "message")];
  if (typeof value !== "number") return undefined;
  return { value, message: typeof message === "string" ? message : undefined };
}

function below(inner: v.GenericSchema, depth: number): Pick<OptionShape, "item" | "members"> {
  if (inner.type === "array" && "item" in inner && isSchema(inner.item))
    return { item: shapeOf(inner.item, depth) };
  if (inner.type === "record" && "value" in inner && isSchema(inner.value))
    return { item: shapeOf(inner.value, depth) };
  if (!("entries" in inner) || !isObject(inner.entries)) return {};
  const members = Object.entries(inner.entries).filter((entry): entry is [string, v.GenericSchema] =>
    isSchema(entry[1]),
  );
  return { members: members.map(([name, member]) => [name, shapeOf(member, depth)] as const) };
}
const isSchema = (value: unknown): value is v.GenericSchema =>
  isObject(value) && "kind" in value && value.kind === "schema";

/** The schema that stands for the option here. */
export function standIn(shape: OptionShape): v.GenericSchema {
  const { absent, fallback } = shape;
  const schema = v.pipe(
    bounded(shape),
    v.description(shape.description ?? ""),
    v.metadata(metadataOf(shape)),
  );
  if (absent === "nullish") return v.nullish(schema, fallback);
  if (absent === "nullable") return v.nullable(schema, fallback);
  if (absent === "exact_optional") return v.exactOptional(schema, fallback);
  return absent === "optional" ? v.optional(schema, fallback) : schema;
}

const metadataOf = ({ secret, path }: OptionShape) => ({
  ...given({ path, secret }),
});

function bounded(shape: OptionShape): v.GenericSchema {
  if (shape.type !== "number") return plain(shape);
  const { min, max } = shape;
  const numbers = v.number();
  const from = min === undefined ? numbers : v.pipe(numbers, v.minValue(min.value, min.message));
  return max === undefined ? from : v.pipe(from, v.maxValue(max.value, max.message));
}

function plain({ type, choices, item, members }: OptionShape): v.GenericSchema {
  const inner = item === undefined ? v.unknown() : standIn(item);
  switch (type) {
    case "string":
      return v.string();
    case "boolean":
      return v.boolean();
    case "picklist":
      return v.picklist(choices ?? []);
    case "array":
      return v.array(inner);
    case "record":
      return objectOf(inner);
    case "object":
    case "loose_object":
    case "strict_object":
      return openObject(Object.fromEntries((members ?? []).map(([name, one]) => [name, standIn(one)])));
    default:
      return { ...v.unknown(), type, ...given({ options: choices }) };
  }
}
