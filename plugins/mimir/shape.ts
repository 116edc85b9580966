import { objectOf, PluginError, v } from "contextcore";

/** Labels by name. */
export const labelSet = objectOf(v.string());

/** A value from outside, checked. @throws PluginError `invalid` naming the first field that is wrong */
export function checkShape<Schema extends v.GenericSchema>(
  where: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const field = issue === undefined ? "" : ` (${v.getDotPath(issue) ?? "root"}: ${issue.message})`;
  throw new PluginError("invalid", `${where} is not of the expected shape${field}`);
}

/** A JSON text from outside, checked. @throws PluginError `invalid` */
export function readJson<Schema extends v.GenericSchema>(
  where: string,
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  return checkShape(where, schema, parse(where, text));
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginError("invalid", `${where} is not JSON`, { cause });
  }
}
