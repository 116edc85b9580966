/** How far each backend is archived, and what of it an interrupted run has saved: `.contextcore/archived.json`. */
import { join } from "node:path";
import * as v from "valibot";
import type { Config } from "../config/config.ts";
import { objectOf } from "../contract/any-names.ts";
import { readOwnSync } from "../storage/own-file.ts";
import { writeWhole } from "../storage/whole-file.ts";
import { messageOf } from "../units/message-of.ts";
import { fromRfc3339, toRfc3339 } from "../units/range.ts";
import { systemCode } from "../units/system-refusal.ts";

const begun = v.object({ path: v.string(), sha256: v.string(), from: v.string(), before: v.string() });
const file = objectOf(
  v.object({ place: v.string(), until: v.exactOptional(v.string()), begun: v.exactOptional(begun) }),
);
type Written = v.InferOutput<typeof file>;

/** What was saved to be archived, by a run that has not come to its end. */
export interface Begun {
  /** The snapshot's directory, and the SHA-256 of its manifest. */
  readonly path: string;
  readonly sha256: string;
  /** ns */
  readonly from: bigint;
  readonly before: bigint;
}

/** How it stands with a backend. */
export interface Archived {
  /** The place holds everything up to this time, ns. */
  readonly until?: bigint;
  readonly begun?: Begun;
}

type Project = Pick<Config, "directory">;

const fileOf = ({ directory }: Project): string => join(directory, ".contextcore", "archived.json");

const BYTES_MAX = 1 << 20;

function read(config: Project): Written {
  try {
    return v.parse(file, JSON.parse(readOwnSync(fileOf(config), BYTES_MAX).toString()));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return {};
    throw new Error(`${fileOf(config)} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** How it stands with a backend in this place. @throws Error when the file is damaged */
export function archivedOf(config: Project, backend: string, place: string): Archived {
  const one = read(config)[backend];
  if (one?.place !== place) return {};
  return {
    ...(one.until !== undefined && { until: fromRfc3339(one.until) }),
    ...(one.begun !== undefined && {
      begun: { ...one.begun, from: fromRfc3339(one.begun.from), before: fromRfc3339(one.begun.before) },
    }),
  };
}

/** Notes durably how it stands. */
export function noteArchived(
  config: Project,
  backend: string,
  { place, until, begun: saved }: Archived & { readonly place: string },
): void {
  const one = {
    place,
    ...(until !== undefined && { until: toRfc3339(until) }),
    ...(saved !== undefined && {
      begun: { ...saved, from: toRfc3339(saved.from), before: toRfc3339(saved.before) },
    }),
  };
  const all = { ...read(config), [backend]: one };
  writeWhole(fileOf(config), `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
}
