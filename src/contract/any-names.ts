/**
 * Schemas for objects from outside, whose members may have any name. valibot's own `record` and `looseObject` drop `__proto__`,
 * `constructor` and `prototype`, which are valid names for a label, an attribute or a setting.
 */
import * as v from "valibot";
import { isObject } from "../units/json.ts";

/** The names that valibot drops. */
const DROPPED = ["__proto__", "constructor", "prototype"];

/** An object with any member names, whose values all match one schema. Member order is kept; an array is refused. */
export function objectOf<Value extends v.GenericSchema>(value: Value) {
  const schema = v.record(v.string(), value);
  const run: (typeof schema)["~run"] = (dataset, config) => {
    const input = dataset.value;
    if (!isObject(input)) {
      v._addIssue(schema, "type", dataset, config);
      return dataset as unknown as ReturnType<typeof run>;
    }
    if (!DROPPED.some((name) => Object.hasOwn(input, name))) return schema["~run"](dataset, config);
    // With a prefix, no name collides with those.
    const checked = schema["~run"]({ value: renamed(input, (name) => `=${name}`) }, config);
    // Several issues of one value share a path.
    for (const place of new Set(checked.issues?.map(({ path }) => path?.[0]))) unmark(place);
    if (checked.typed)
      checked.value = renamed(checked.value, (name) => name.slice(1)) as typeof checked.value;
    return checked;
  };
  return v._standardSchema<typeof schema>({ ...schema, "~run": run });
}

/** An object that has these members and may have others, which are kept unchanged. */
export function openObject<Entries extends v.ObjectEntries>(entries: Entries) {
  const schema = v.looseObject(entries);
  const run: (typeof schema)["~run"] = (dataset, config) => {
    const input = dataset.value;
    const checked = schema["~run"](dataset, config);
    if (checked.typed && isObject(input)) checked.value = { ...input, ...checked.value };
    return checked;
  };
  return v._standardSchema<typeof schema>({ ...schema, "~run": run });
}

/** `Object.fromEntries` treats `__proto__` as an ordinary member; an assignment would not. */
const renamed = (object: object, rename: (name: string) => string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]));

function unmark(place: v.IssuePathItem | undefined): void {
  if (typeof place?.key === "string") Object.assign(place, { key: place.key.slice(1) });
}
