/** A copy that is written while its snapshot is written anew does not keep what was let go. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { debianProgram } from "../support/debian.ts";
import { ENTRY, namesIn, placesWith, rewrittenProject, spawned, work } from "./rewritten-project.ts";

setDefaultTimeout(120_000);

const strace = debianProgram({ package: "strace", program: "strace" });

/** Waits until the kernel has stopped the program, as what watches it notes. @returns its number */
async function stopped(notes: string): Promise<number> {
  for (;;) {
    const said = existsSync(notes)
      ? /^(\d+) +--- stopped by SIGSTOP/m.exec(readFileSync(notes, "utf8"))
      : null;
    if (said !== null) return Number(said[1]);
    await Bun.sleep(20);
  }
}

test("stopped before its first object has its name, and continued after an erasure", async () => {
  const { cwd, path, name } = await rewrittenProject();
  rmSync(join(cwd, "offsite"), { recursive: true });
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  const inject = ["-e", "trace=link", "-e", "inject=link:signal=SIGSTOP:when=1"];
  const copying = spawned(
    { cwd },
    [strace, "-f", "-qq", "-o", join(cwd, "notes"), ...inject],
    "copy",
    "offsite",
  );
  const pid = await stopped(join(cwd, "notes"));
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told).toMatchObject({ counts: { entries: 1 }, owed: [] });
  process.kill(pid, "SIGCONT");
  const said = await new Response(copying.stderr).text();
  expect(said).toContain(`${path} was written anew meanwhile`);
  expect(said).toContain(`contextcore snapshots copy ${name}-2 --to offsite`);
  expect(namesIn(cwd, "backups")).toEqual([`${name}-2`]);
  expect(placesWith(cwd, ENTRY)).toEqual([]);
});
