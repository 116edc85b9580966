/** Where identities were written or read on this machine: a page for the safe names them, and the doctor looks whether they still lie there. */
import { join } from "node:path";
import { isMissing } from "../units/system-refusal.ts";
import { makeOwnDirectory, readOwnText } from "./own-file.ts";
import { writeWhole } from "./whole-file.ts";

const BYTES_MAX = 1 << 20;
const fileIn = (home: string): string => join(home, "keys-known");

/** The path of each recipient's identity, as it was last used here. @param home `~/.contextcore` */
export function knownIdentities(home: string): ReadonlyMap<string, string> {
  try {
    const lines = readOwnText(fileIn(home), BYTES_MAX).split("\n");
    return new Map(
      lines
        .filter((line) => line !== "")
        .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
    );
  } catch (error) {
    if (isMissing(error)) return new Map();
    throw error;
  }
}

/** Remembers where these recipients' identity is. @param home `~/.contextcore` */
export function rememberIdentity(home: string, recipients: readonly string[], path: string): void {
  if (/[\r\n]/.test(path)) return;
  const all = new Map([
    ...knownIdentities(home),
    ...recipients.map((recipient) => [recipient, path] as const),
  ]);
  const lines = [...all].map(([recipient, place]) => `${recipient} ${place}\n`);
  makeOwnDirectory(home, home, 0o700);
  writeWhole(fileIn(home), lines.join(""), { mode: 0o600 });
}
