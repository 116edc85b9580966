/** A process of a plugin that is lost: told, started again, and given up. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { backendSource, failure, NEVER, never, openSource } from "./border.ts";

// Each starts processes, on machines that do other things too.
setDefaultTimeout(30_000);

describe("a process that is lost", () => {
  test("is started again: the next call is answered, and everything that was under way is told of", async () => {
    using place = await openSource(
      backendSource(
        "size: async () => { await Bun.sleep(50); process.exit(7); }, count: async () => new Promise(() => {}),",
      ),
    );
    const { backend = never() } = place;
    const range = { from: 0n, to: 1n };
    const [size, count] = await Promise.all([
      failure(backend.size(NEVER)),
      failure(backend.count?.({ range }, NEVER)),
    ]);
    for (const lost of [size, count])
      expect(lost).toMatchObject({
        kind: "temporary",
        message: "acme/x: its process was lost: it ended the program, with exit code 7",
      });
    expect(await backend.inventory(NEVER)).toMatchObject({ importance: "low" });
  });

  test("three times is given up, and then nothing is started any more", async () => {
    const marks = join(temporaryDirectory(), "marks");
    const mark = `require("node:fs").appendFileSync(${JSON.stringify(marks)}, "x");`;
    using place = await openSource(backendSource(`size: async () => { ${mark} process.exit(0); },`));
    const { backend = never() } = place;
    const kinds: string[] = [];
    for (let call = 0; call < 5; call += 1) kinds.push((await failure(backend.size(NEVER))).kind);
    expect(kinds).toEqual(["temporary", "temporary", "refused", "refused", "refused"]);
    expect(readFileSync(marks, "utf8")).toBe("xxx");
    expect((await failure(backend.inventory(NEVER))).message).toContain(
      "was lost 3 times, and is not started again",
    );
  });

  test("is not started again with other code than was trusted", async () => {
    using place = await openSource(backendSource(`size: async () => { process.exit(0); },`));
    const { backend = never() } = place;
    await failure(backend.size(NEVER));
    appendFileSync(
      join(place.directory, "x.ts"),
      `;require("node:fs").writeFileSync(${JSON.stringify(join(place.directory, "ran"))}, "");`,
    );
    expect((await failure(backend.inventory(NEVER))).message).toContain(
      "was changed while it was being loaded",
    );
    expect(existsSync(join(place.directory, "ran"))).toBe(false);
  });
});
