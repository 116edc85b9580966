/** Values from outside, checked. */
import * as v from "valibot";
import { PluginError } from "./errors.ts";

/**
 * A value from outside, checked against a schema.
 * @param what it is, for the message: `loki: the answer of /loki/api/v1/rules`
 * @throws PluginError `invalid` naming the first field that is wrong
 */
export function checkShape<Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return output;
  const [issue] = issues;
  const field = v.getDotPath(issue);
  throw new PluginError(
    "invalid",
    `${what} is not as expected: ${field === null ? "" : `${field}: `}${issue.message}`,
  );
}

/** A JSON text from outside, checked as by {@link checkShape}. @throws PluginError `invalid`, also when it is not JSON */
export const parseShape = <Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  text: string,
): v.InferOutput<Schema> => checkShape(what, schema, parsed(what, text));

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginError("invalid", `${what} is not JSON`, { cause });
  }
}
