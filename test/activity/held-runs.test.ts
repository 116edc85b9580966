/** Runs of models that a hold is about outlast their time; the others go. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDoor } from "../../src/activity/door.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { held } from "./held.ts";

setDefaultTimeout(60_000);

const DAY = 86_400_000;
const iso = (ago: number): string => new Date(Date.now() - ago * DAY).toISOString();

test("a purge leaves them, says which hold keeps them, and takes them once it is ended", async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\n");
  const path = join(cwd, ".contextcore", "activity.db");
  const door = openDoor({ path });
  for (const [text, ago] of [
    ["first", 60],
    ["second", 50],
    ["third", 40],
  ] as const) {
    const started = Date.now() - ago * DAY;
    const input = [{ role: "user", parts: [{ type: "text" as const, text: `${text}word` }] }];
    const begun = { source: "api" as const, operation: "chat", started, asked: { isStream: false, input } };
    door.begin(begun).end({ status: "ok", ended: started });
  }
  await door.close(30_000);
  const command = (...args: string[]) => run(args, { cwd });
  const words = ["--from", iso(55), "--to", iso(45), "--no-export"];
  expect((await command("retention", "hold", "add", "case", ...words)).exitCode).toBe(0);
  const there = () => ["first", "second", "third"].filter((text) => held(path).includes(`${text}word`));

  const plan = await command("activity", "purge", "--dry-run", "--json");
  expect(JSON.parse(plan.stdout)).toMatchObject({ runsTotal: 2, heldBy: ["case"] });
  const purged = await command("activity", "purge", "--yes");
  expect([purged.exitCode, purged.stdout + purged.stderr]).toEqual([
    0,
    expect.stringContaining("held by case"),
  ]);
  expect(there()).toEqual(["second"]);
  expect((await command("retention", "hold", "end", "case", "--yes")).exitCode).toBe(0);
  expect(there()).toEqual(["second"]);
  await command("activity", "purge", "--yes");
  expect(there()).toEqual([]);
});
