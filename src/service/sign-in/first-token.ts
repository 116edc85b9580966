/** The first admin's token: shown to a person once, or left in a file of their own; never in a log. */
import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { writeWhole } from "../../storage/whole-file.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { addToken, hasAdmin, listTokens } from "./tokens.ts";

/**
 * Makes the first admin's token, where there is no admin yet, and tells where it is.
 * @param project the directory of its configuration
 */
export function firstToken(database: Database, project: string, terminal: Terminal): void {
  if (hasAdmin(database)) return;
  const path = join(project, ".contextcore", "admin-token");
  // What is written in a log stays there, and is read by others.
  const isShown = terminal.interactive && !terminal.isLog;
  // A token that nobody could be told of is none.
  database
    .transaction(() => {
      const text = addToken(database, { name: freeName(database), role: "admin" });
      if (isShown) terminal.last(`the admin's token, shown only now: ${text}`);
      else writeWhole(path, `${text}\n`, { mode: 0o600 });
    })
    .immediate();
  if (!isShown) terminal.note(`the admin's token is in ${path}: keep it elsewhere, and remove that file`);
}

/** A name that no token has, revoked or not: `admin`, `admin-2` … */
function freeName(database: Database): string {
  const taken = new Set(listTokens(database).map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? "admin" : `admin-${number}`;
    if (!taken.has(name)) return name;
  }
}
