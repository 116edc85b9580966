/** The parameters of a restore. */
import { SIGNALS } from "../contract/contract.ts";
import { EXISTING_POLICIES } from "../restore/compared.ts";
import { readMoment } from "../units/moment.ts";
import { fromMs, type Range } from "../units/range.ts";
import { IGNORE_ERASURES } from "./snapshots/erasures.ts";
import { KEY, PLACE } from "./snapshots/places.ts";
import { CHAIN, SNAPSHOT } from "./snapshots/snapshot-param.ts";
import { UsageError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import type { ParamValues } from "./task/param.ts";

/** What a restore is told. */
export const restoreParams = {
  snapshot: SNAPSHOT,
  all: { type: "flag", about: "everything from all kept snapshots" },
  chain: CHAIN,
  place: PLACE,
  key: KEY,
  ...IDENTITY,
  plugin: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    complete: "backends",
    about:
      "only the backend of this name, or all its tenants; where none has that name, all backends of this plugin; may be repeated",
  },
  only: {
    type: "value",
    values: SIGNALS,
    repeatable: true,
    about: "only this kind of data; may be repeated",
  },
  from: {
    type: "value",
    hint: "TIME",
    parse: readMoment,
    about: "only data at or after this: a date, an RFC 3339 time, today, or 24h for that long ago",
  },
  to: { type: "value", hint: "TIME", parse: readMoment, about: "only data before this" },
  match: {
    type: "value",
    hint: "NAME=SELECTOR",
    repeatable: true,
    about: "only what this selector, in the backend's own language, finds",
  },
  into: {
    type: "value",
    hint: "TENANT",
    local: true,
    about: "write into this tenant instead of the configured one",
  },
  label: {
    type: "value",
    hint: "KEY=VALUE",
    repeatable: true,
    about: "add a label to every stream and series, e.g. restored_from=20260124-143000",
  },
  existing: {
    type: "value",
    values: EXISTING_POLICIES,
    default: "keep",
    about: "dashboards, rules and the like that differ on the server: keep them, replace them, or fail",
  },
  relabel: {
    type: "flag",
    about:
      "let --label replace labels that are there already; without it a backend that has them is left out",
  },
  "ignore-erasures": IGNORE_ERASURES,
  resume: { type: "flag", about: "continue the same restore where it was interrupted" },
} as const;

/** The same as values, with defaults filled in. */
export type RestoreValues = ParamValues<typeof restoreParams>;

/** The requested range; `undefined` when there is none. @throws UsageError when it is empty */
export function rangeOf({ from, to }: RestoreValues): Range | undefined {
  if (from === undefined && to === undefined) return undefined;
  const range = { from: from ?? 0n, to: to ?? fromMs(Date.now()) };
  if (range.from < range.to) return range;
  throw new UsageError("--from is not before --to");
}

/**
 * Requires the user to say what to restore. A range applies to all snapshots, but only if it is given.
 * @throws UsageError
 */
export function requireChoice({ snapshot, all, from, to }: RestoreValues): void {
  if (snapshot !== undefined || all || from !== undefined || to !== undefined) return;
  throw new UsageError(
    "which snapshot?",
    "give a name, a directory or `latest`; or use --all, or --from and --to, for all that are kept",
  );
}

/** @throws UsageError when one is not `KEY=VALUE`, has a name that is the servers' own, or is given twice */
export function readLabels(texts: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`--label ${text} is not a label`, EXAMPLE);
    if (name.startsWith("__"))
      throw new UsageError(
        `--label ${text}: names that begin with __ are the servers' own, such as a metric's __name__`,
        EXAMPLE,
      );
    if (labels.has(name)) throw new UsageError(`--label ${name} is given more than once`);
    labels.set(name, value);
  }
  return Object.fromEntries(labels);
}

const EXAMPLE = "for example --label restored_from=20260124";
