import * as v from "valibot";
import type { Hold } from "../retention/holds/hold.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import type { HoldAdded } from "../tasks/hold-add.ts";
import { given } from "../units/given.ts";
import { absolutePath, time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const holdEntries = {
  name: v.string(),
  since: time,
  by: v.pipe(v.string(), v.description("the user who added it")),
  about: v.optional(v.pipe(v.string(), v.description("why, as it was given"))),
  backends: v.pipe(
    v.array(v.string()),
    v.description("what it is about, `trail` included; none: everything"),
  ),
  range: v.optional(v.pipe(rangeSchema, v.description("only data of this time"))),
  selectors: v.pipe(
    v.array(v.string()),
    v.description(
      "the backends of which it is about what a selector finds; selectors are not shown, since they may name a person",
    ),
  ),
  snapshot: v.optional(
    v.pipe(v.string(), v.description("the snapshot that was made when it was added, by name")),
  ),
};

/** A hold, without its selectors. */
export const holdJson = ({ name, since, by, about, backends, range, match = {}, snapshot }: Hold) => ({
  ...{ name, since, by, backends: [...backends], selectors: Object.keys(match) },
  ...given({ about, range: range && rangeToText(range), snapshot }),
});

export const HOLD_LIST = defineResult({
  name: "retention.hold.list",
  version: 1,
  about: "the holds that stand",
  schema: v.object({ holds: v.array(v.object(holdEntries)) }),
});

export const HOLD_ADD = defineResult({
  name: "retention.hold.add",
  version: 1,
  about: "the hold that stands from now on, and the export of what it is about",
  schema: v.object({
    ...holdEntries,
    path: v.optional(v.pipe(absolutePath, v.description("the snapshot that was made"))),
    lacking: v.optional(v.pipe(v.string(), v.description("why the export is not whole"))),
  }),
});

/** What was held, and what was exported of it. */
export const holdAddJson = ({ hold, path, lacking }: HoldAdded): ValueOf<typeof HOLD_ADD> => ({
  ...holdJson(hold),
  ...given({ path, lacking }),
});

export const HOLD_END = defineResult({
  name: "retention.hold.end",
  version: 1,
  about: "a hold, and whether it was ended",
  schema: v.object({ ...holdEntries, ended: v.boolean() }),
});
