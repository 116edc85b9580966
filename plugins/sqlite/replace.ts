/** Puts a restored database in the place of another one. */
import { existsSync, rmSync, statSync } from "node:fs";
import { PluginError, replaceFile } from "contextcore";
import { examine } from "./examine.ts";
import { releaseFor } from "./held.ts";

/**
 * Replaces the database by one of these bytes, once that is checked. @returns false when the same database is there already
 * @throws PluginError `refused` while somebody uses the one that is there; `invalid` when the new one is damaged
 */
export const replaceWith = (
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> =>
  replaceFile(path, bytes, {
    signal,
    // What is still in a log is not in the file.
    evenIfSame: (place) => (statSync(`${place}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0,
    check: async (draft, place) => {
      await requireSound(draft, place, signal);
      if (existsSync(place)) releaseFor(place);
      removeBeside(place, ["-wal", "-shm", "-journal"]);
    },
  });

/** A damaged database takes no other one's place. */
async function requireSound(draft: string, path: string, signal: AbortSignal): Promise<void> {
  if (!existsSync(path) || statSync(draft).size === 0) return;
  try {
    const { flaws } = await examine(draft, signal);
    if (flaws.length === 0) return;
    const message = `the saved database is damaged (${flaws.join("; ")}), so ${path} is left as it is`;
    throw new PluginError("invalid", message, {
      hint: "Move that one away to restore the damaged one in its place.",
    });
  } finally {
    removeBeside(draft, ["-wal", "-shm"]);
  }
}

/** Removes files of SQLite's beside a database. */
function removeBeside(path: string, endings: readonly string[]): void {
  for (const ending of endings) rmSync(`${path}${ending}`, { force: true });
}
