/** Up to when each backend is archived, where its data also stays here: `.contextcore/archived.json`. */
import { join } from "node:path";
import * as v from "valibot";
import type { Config } from "../config/config.ts";
import { objectOf } from "../contract/any-names.ts";
import { readOwnSync } from "../storage/own-file.ts";
import { writeWhole } from "../storage/whole-file.ts";
import { fromRfc3339, toRfc3339 } from "../units/range.ts";
import { systemCode } from "../units/system-refusal.ts";

const file = objectOf(v.object({ place: v.string(), until: v.string() }));

const fileOf = ({ directory }: Pick<Config, "directory">): string =>
  join(directory, ".contextcore", "archived.json");

const BYTES_MAX = 1 << 20;

function read(config: Pick<Config, "directory">): v.InferOutput<typeof file> {
  try {
    return v.parse(file, JSON.parse(readOwnSync(fileOf(config), BYTES_MAX).toString()));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return {};
    throw error;
  }
}

/** Up to when a backend is archived in this place; ns. `undefined`: not yet. @throws Error when the file is damaged */
export function archivedUntil(
  config: Pick<Config, "directory">,
  backend: string,
  place: string,
): bigint | undefined {
  const one = read(config)[backend];
  return one?.place === place ? fromRfc3339(one.until) : undefined;
}

/** Notes that a place holds everything of a backend up to a time, ns. */
export function noteArchived(
  config: Pick<Config, "directory">,
  backend: string,
  { place, until }: { readonly place: string; readonly until: bigint },
): void {
  const all = { ...read(config), [backend]: { place, until: toRfc3339(until) } };
  writeWhole(fileOf(config), `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
}
