/** Runs during the build: embeds the files of a new plugin as text. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Texts by path below `template/`. */
export function templateFiles(): Record<string, string> {
  const root = join(import.meta.dir, "template");
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.\w+$/.test(name),
  );
  return Object.fromEntries(
    names.sort().map((name) => [name.replaceAll("\\", "/"), readFileSync(join(root, name), "utf8")]),
  );
}
