import { PluginError, v } from "contextcore";

/**
 * The entries of an object that may have any keys. valibot's own `record` passes over `constructor`, `prototype` and `__proto__`,
 * which are as good names for a label or a metric as any other.
 */
export const entriesOf = <Value extends v.GenericSchema>(value: Value) =>
  v.pipe(
    v.custom<object>(
      (input) => typeof input === "object" && input !== null && !Array.isArray(input),
      "not an object",
    ),
    v.transform((input): [string, unknown][] => Object.entries(input)),
    v.array(v.tuple([v.string(), value])),
  );

/** Labels by name. */
export const labelSet = v.pipe(
  entriesOf(v.string()),
  v.transform((entries): Readonly<Record<string, string>> => Object.fromEntries(entries)),
);

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
