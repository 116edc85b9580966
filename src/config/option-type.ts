/** Describes, from its schema, what may be written for an option. */

import type * as v from "valibot";
import { isObject } from "../units/json.ts";
import { about, actionsOf, unwrap } from "./introspect.ts";

interface OptionDescription {
  readonly name: string;
  readonly about: string;
  /** `text`, `number, 1 to 50`, `low | medium | high`. */
  readonly type: string;
  /** The default value. */
  readonly fallback: unknown;
  readonly required: boolean;
  readonly secret: boolean;
}

/** An option's description in help and documentation. */
export function describeOption(name: string, schema: v.GenericSchema): OptionDescription {
  const { description = "", secret = false } = about(schema);
  const fallback: unknown = "default" in schema ? schema.default : undefined;
  return {
    name,
    about: description,
    type: typeOf(schema),
    fallback: typeof fallback === "function" ? undefined : fallback,
    required: !["optional", "exact_optional", "nullish", "nullable"].includes(schema.type),
    secret,
  };
}

function typeOf(schema: v.GenericSchema): string {
  const inner = unwrap(schema);
  const bounds = boundsOf(schema);
  switch (inner.type) {
    case "string":
      return "text";
    case "number":
      return bounds === "" ? "number" : `number, ${bounds}`;
    case "boolean":
      return "true | false";
    case "picklist":
    case "enum":
      return "options" in inner && Array.isArray(inner.options)
        ? inner.options.map((option) => (option === "" ? '""' : String(option))).join(" | ")
        : inner.type;
    case "array":
      return "item" in inner && isSchema(inner.item) ? `list of ${typeOf(inner.item)}` : "list";
    case "union":
      return "options" in inner && Array.isArray(inner.options)
        ? [...new Set(inner.options.map((one) => (isSchema(one) ? typeOf(one) : "")))].join(" | ")
        : inner.type;
    case "record":
    case "object":
    case "strict_object":
      return "keys and values";
    default:
      return inner.type;
  }
}

/** `1 to 50`, from the actions in the schema's pipe. */
function boundsOf(schema: v.GenericSchema): string {
  const actions = actionsOf(schema);
  const bound = (type: string): string | undefined => {
    const action = actions.find((one) => isObject(one) && Reflect.get(one, "type") === type);
    return isObject(action) ? String(Reflect.get(action, "requirement")) : undefined;
  };
  const [least, most] = [bound("min_value"), bound("max_value")];
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? "" : `at most ${most}`;
}

const isSchema = (value: unknown): value is v.GenericSchema =>
  isObject(value) && "kind" in value && value.kind === "schema";
