/** The single records of an export, which are the same however its pages and lines are cut. */
import { recordsOf } from "../snapshot/format/record-keys.ts";
import { require } from "./check.ts";
import type { Harvest } from "./walk.ts";

/** The identity of each record: what tells it from every other. @throws Error when a line is not what its file holds */
export function recordsIn({ lines }: Pick<Harvest, "lines">): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [file, all] of lines)
    for (const line of all)
      for (const { identity } of recordsOf(file, JSON.parse(line))) found.add(`${file}: ${identity}`);
  return found;
}

/** Requires that every record of `some` is also in `all`. @param what says of a missing one what is wrong */
export function requireAmong(some: ReadonlySet<string>, all: ReadonlySet<string>, what: string): void {
  const [first, ...others] = some.difference(all);
  const number = others.length === 0 ? "1 record" : `${others.length + 1} records`;
  require(first === undefined, `${number} ${what}: ${first?.slice(0, 200)}`);
}
