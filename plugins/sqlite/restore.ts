/** Puts databases and the rows of ledgers back. */
import { existsSync, statSync } from "node:fs";
import {
  formatBytes,
  isKind,
  type LineMatcher,
  type RestoreAnswer,
  type RestoreDiagnostic,
  type Restorer,
} from "contextcore";
import type { Saved } from "./export.ts";
import { databaseOf, hasRows, placeOf } from "./files.ts";
import { objectionTo } from "./held.ts";
import { putRows } from "./put-rows.ts";
import { replaceWith } from "./replace.ts";

/** Writes to where the option `path` leads. Files come before the rows of their ledgers, most of which are there by then. */
export const createRestorer = ({ path, ledger }: Saved): Restorer => ({
  rank: (file) => (hasRows(file) ? 1 : 0),
  matcher: matcherOf,
  async preflight({ files }): Promise<readonly RestoreDiagnostic[]> {
    const databases = new Set(files.filter((one) => !hasRows(one.path)).map((one) => one.path));
    return files.flatMap((file) => {
      try {
        const place = placeOf(path, file.path);
        return hasRows(file.path)
          ? withoutDatabase(place, databases.has(databaseOf(file.path)))
          : inPlace(place);
      } catch (error) {
        if (!isKind(error, "invalid")) throw error;
        return [{ severity: "refuses", message: error.message }];
      }
    });
  },
  async applyBytes(file, bytes, signal): Promise<RestoreAnswer> {
    const isNew = await replaceWith(placeOf(path, file.file), bytes, signal);
    return isNew ? { written: file.counts } : { written: {}, existing: file.counts };
  },
  async apply({ file, lines, range }, signal): Promise<RestoreAnswer> {
    signal.throwIfAborted();
    return putRows(placeOf(path, file), lines, { range, time: ledger?.time });
  },
});

function inPlace(path: string): RestoreDiagnostic[] {
  if (!existsSync(path)) return [];
  const objection = objectionTo(path);
  if (objection !== undefined) return [{ severity: "refuses", message: objection }];
  return [
    {
      severity: "alters",
      message: `${path} is there (${formatBytes(statSync(path).size)}): it is replaced, whole.`,
    },
  ];
}

function withoutDatabase(path: string, isRestored: boolean): RestoreDiagnostic[] {
  if (isRestored || existsSync(path)) return [];
  return [
    {
      severity: "refuses",
      message: `${path} is not there, so no rows can be put into it. Restore a snapshot that has the file, too.`,
    },
  ];
}

/** A pattern for databases: `ledger.db`, `2026/*.db`. */
function matcherOf(match: string): LineMatcher {
  const glob = new Bun.Glob(match);
  return (line, file) => (glob.match(databaseOf(file).slice("sqlite/".length)) ? line : undefined);
}
