/** A project and a home in a temporary directory, and a trail between them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTrail, type TrailOptions } from "../../src/audit/trail.ts";

export interface Folder {
  readonly directory: string;
  /** The trail's file. */
  readonly file: string;
  readonly home: string;
  /** The home copy. */
  readonly copy: string;
  readonly warnings: string[];
  open(options?: Partial<TrailOptions>): ReturnType<typeof openTrail>;
  lines(path?: string): Promise<string[]>;
  [Symbol.dispose](): void;
}

export function makeFolder(): Folder {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-audit-"));
  const file = join(directory, "project/.contextcore/audit.jsonl");
  const home = join(directory, "home");
  const warnings: string[] = [];
  return {
    directory,
    file,
    home,
    copy: join(home, "audit.log"),
    warnings,
    open: (options = {}) =>
      openTrail({
        file,
        home,
        project: "shop",
        sinks: [],
        onWarning: (message) => warnings.push(message),
        identity: { user: "ada", host: "build-7" },
        ...options,
      }),
    lines: async (path = file) => (await Bun.file(path).text()).split("\n").slice(0, -1),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
