/**
 * Which recipients this user has proved to be openable, by `keys check`: nothing is copied to a place before one of its recipients
 * is, since a backup that nobody can open is none.
 */
import { join } from "node:path";
import { isMissing } from "../units/system-refusal.ts";
import { makeOwnDirectory, readOwnText } from "./own-file.ts";
import { writeWhole } from "./whole-file.ts";

const BYTES_MAX = 1 << 20;
const fileIn = (home: string): string => join(home, "keys-checked");

/** Those that were proved. @param home `~/.contextcore` */
export function checkedRecipients(home: string): ReadonlySet<string> {
  try {
    return new Set(
      readOwnText(fileIn(home), BYTES_MAX)
        .split("\n")
        .filter((line) => line !== ""),
    );
  } catch (error) {
    if (isMissing(error)) return new Set();
    throw error;
  }
}

/** Remembers more of them. @param home `~/.contextcore` */
export function rememberChecked(home: string, recipients: readonly string[]): void {
  const all = new Set([...checkedRecipients(home), ...recipients]);
  makeOwnDirectory(home, home, 0o700);
  writeWhole(fileIn(home), `${[...all].sort().join("\n")}\n`, { mode: 0o600 });
}
