/** A large `copy.json` that claims to be ours costs no more memory than any other work. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "../support/binary.ts";
import { command, project } from "./copied.ts";

setDefaultTimeout(60_000);

/** As long as one may be, with our key and a signature of ours, of something else. */
function forge(text: string): string {
  const begin = text.indexOf('  "objects": [\n') + '  "objects": [\n'.length;
  const end = text.indexOf("\n  ],\n");
  const line = (at: number) => `    {"name":"files/${at}.json","bytes":1,"sha256":"${"0".repeat(64)}"}`;
  const lines = Array.from({ length: 500_000 }, (_, at) => line(at));
  return `${text.slice(0, begin)}${lines.join(",\n")}${text.slice(end)}`;
}

test("one with our key is refused within the budget", async () => {
  const { cwd, name } = await project();
  const place = join(cwd, "offsite");
  expect((await command(cwd, "snapshots", "copy", name, "--to", "offsite")).exitCode).toBe(0);
  const listed = () => measure(["snapshots", "list", "--place", "offsite"], { cwd });
  const before = await listed();
  const other = "20260101-000000";
  mkdirSync(join(place, other));
  const text = (await Bun.file(join(place, name, "copy.json")).text()).replaceAll(name, other);
  const forged = forge(text);
  expect(forged.length).toBeWithin(50e6, 64 << 20);
  writeFileSync(join(place, other, "copy.json"), forged);
  const after = await listed();
  expect([after.exitCode, after.stderr]).toEqual([
    3,
    expect.stringContaining("it was changed after it was signed"),
  ]);
  expect(after.peakBytes - before.peakBytes).toBeLessThan(160e6);
});
