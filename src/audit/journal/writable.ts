/** Whether an event could be recorded now, as far as that shows without recording one. */
import { join } from "node:path";
import { entryAt } from "../../storage/entries.ts";
import { requireOwnFile } from "../../storage/own-file.ts";
import { cannot } from "../format/error.ts";
import { openHome } from "./home.ts";
import { lockOf } from "./journal.ts";

/** @param file the trail's @param home the directory of the copy @throws TrailError naming the file that is in the way */
export function requireWritableTrail(file: string, home: string): void {
  const { log, lockFile } = openHome(home, file);
  const locks = [lockOf(file), join(home, "home.lock"), lockFile];
  // What is not there yet is made with the first event.
  for (const path of [file, log, ...locks].filter((one) => entryAt(one) !== undefined))
    try {
      requireOwnFile(path);
    } catch (cause) {
      throw cannot("write to", path, cause);
    }
}
