import * as v from "valibot";
import { defineResult } from "./result.ts";

export const VERSION_RESULT = defineResult({
  name: "version",
  version: 1,
  about: "which program this is, and on what it runs",
  schema: v.object({ version: v.string(), bun: v.string(), platform: v.string() }),
});

export const LICENSES = defineResult({
  name: "licenses",
  version: 1,
  about: "the licence of everything in the program",
  schema: v.object({
    packages: v.array(
      v.object({ name: v.string(), version: v.string(), license: v.string(), text: v.string() }),
    ),
  }),
});

/** In the place of a command's result. */
export const FAILURE = defineResult({
  name: "error",
  version: 1,
  about: "the error that a command ended with before it had a result; printed by every command, on one line",
  schema: v.object({ error: v.object({ message: v.string(), hint: v.optional(v.string()) }) }),
});
