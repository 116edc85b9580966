/** The arguments of `plugin check`. */
import { LAB_NAMES } from "../../conformance/apart/find-lab.ts";
import { SUITES } from "../../conformance/suite.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { readTimeout } from "../../tasks/task/timeout.ts";
import { readSetting } from "../arguments.ts";
import type { Call } from "../command.ts";

/** The declared arguments: help, completion and parsing follow from them. */
export const args = {
  path: {
    type: "positional",
    hint: "PATH",
    required: true,
    complete: "files",
    about: "a .ts or .js file, a folder, or the name of an installed package",
  },
  url: {
    type: "value",
    hint: "URL",
    about:
      "a server with a little data in it; the same as --option url=URL. Default: the plugin's own lab.ts",
  },
  lab: {
    type: "value",
    hint: "NAME",
    values: LAB_NAMES,
    about: "use the built-in look-alike of this server, with a day of data",
  },
  option: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option of the plugin; {lab} in it means the lab's URL; may be repeated",
  },
  empty: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option that leads to an empty server to restore into; may be repeated",
  },
  arrived: {
    type: "value",
    hint: "FILE",
    complete: "files",
    about: "for a sink: the file in which its events arrive, one per line",
  },
  rule: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    parse: readRule,
    complete: "rules",
    about: "only this rule; may be repeated",
  },
  limit: {
    type: "value",
    hint: "DURATION",
    parse: readLimit,
    about: "how long one rule may take (default: 2m)",
  },
} as const;

/** A call of `plugin check`, its arguments parsed. */
export type CheckCall = Call<typeof args>;

function readRule(name: string): string {
  const names = [...new Set(Object.values(SUITES).flatMap((suite) => suite.map((rule) => rule.name)))];
  if (names.includes(name)) return name;
  throw new UsageError(`there is no rule ${name}`, `there are ${names.join(", ")}`);
}

/** ms */
function readLimit(text: string): number {
  const ms = readTimeout(text);
  if (ms < 1_000) throw new RangeError("is less than a second, which is too short for any rule");
  return ms;
}
