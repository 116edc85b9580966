/** What a crash or a stranger did to the trail is put right where it can be, and always recorded. */
import { expect, test } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";

const EVENT = { operation: "export", outcome: "success" } as const;

async function appendSome(folder: Folder, count: number): Promise<void> {
  const trail = folder.open();
  for (let number = 0; number < count; number += 1) await trail.append({ ...EVENT, details: { number } });
  await trail.close();
}

const found = (events: readonly Record<string, unknown>[]) =>
  events.filter(({ operation }) => operation === "trail_repair");

test.each(["{", '{"id":"01a1fa8f', "\0\0\0\0\0\0\0\0", '{"id":"\xc3'])(
  "an unfinished last line is set aside in a file that the next event names: %j",
  async (torn) => {
    using folder = makeFolder();
    await appendSome(folder, 3);
    appendFileSync(folder.file, Buffer.from(torn, "latin1"));
    await appendSome(folder, 1);

    const [repair] = found(proveChain(await folder.lines()).slice(3, 4));
    const name = Object(repair?.details).set_aside;
    const aside = readFileSync(join(dirname(folder.file), name));
    expect(aside.equals(Buffer.from(torn, "latin1"))).toBe(true);
    expect(folder.warnings.join()).toContain(name);
  },
);

test("a whole event without its newline is set aside too: nobody was told that it is durable", async () => {
  using folder = makeFolder();
  await appendSome(folder, 2);
  const [, line = ""] = await folder.lines();
  writeFileSync(folder.file, readFileSync(folder.file).subarray(0, -1));
  await appendSome(folder, 1);
  const events = proveChain(await folder.lines());
  // the copy had it, so it came back
  expect((await folder.lines())[1]).toBe(line);
  expect(events.map(({ operation }) => operation)).toEqual([
    "export",
    "export",
    "trail_repair",
    "trail_repair",
    "export",
  ]);
});

test("a trail that was deleted comes back from the home copy, and this is recorded", async () => {
  using folder = makeFolder();
  await appendSome(folder, 5);
  const before = await folder.lines();
  rmSync(dirname(folder.file), { recursive: true });
  await appendSome(folder, 1);
  const lines = await folder.lines();
  expect(lines.slice(0, 5)).toEqual(before);
  expect(found(proveChain(lines))).toMatchObject([
    {
      seq: 6,
      outcome: "success",
      details: { found: "no file", restored: 5, expected: { seq: 5 }, present: { seq: 0 } },
    },
  ]);
});

test("a tail that was cut off comes back", async () => {
  using folder = makeFolder();
  await appendSome(folder, 9);
  const before = await folder.lines();
  writeFileSync(folder.file, `${before.slice(0, 4).join("\n")}\n`);
  await appendSome(folder, 1);
  const lines = await folder.lines();
  expect(lines.slice(0, 9)).toEqual(before);
  expect(found(proveChain(lines))).toMatchObject([{ details: { restored: 5, present: { seq: 4 } } }]);
  const copy = await folder.lines(folder.copy);
  expect(copy).toEqual(lines);
});

test("a home that holds only a part gives what it has, and it is recorded what is lost", async () => {
  using folder = makeFolder();
  await appendSome(folder, 9);
  const before = await folder.lines();
  writeFileSync(folder.copy, `${before.slice(6).join("\n")}\n`);
  writeFileSync(folder.file, `${before.slice(0, 4).join("\n")}\n`);
  await appendSome(folder, 1);
  const lines = await folder.lines();
  expect(lines.slice(0, 7)).toEqual([...before.slice(0, 4), ...before.slice(6)]);
  expect(JSON.parse(lines[7] ?? "")).toMatchObject({
    operation: "trail_repair",
    outcome: "partial",
    seq: 10,
    details: { restored: 3, missing: 2, expected: { seq: 9 }, present: { seq: 4 } },
  });
  expect(folder.warnings.join()).toContain("3 events were put back from the home copy; 2 others are lost");
  const signal = new AbortController().signal;
  const { findings } = await verifyTrail({ ...folder, project: "shop", sinks: [], signal });
  expect(findings).toMatchObject([
    { subject: "audit.jsonl:5", message: "events 5 to 6 are missing before this line" },
  ]);
});

test("a home whose own end is lost gives what follows the end of the trail", async () => {
  using folder = makeFolder();
  await appendSome(folder, 9);
  const before = await folder.lines();
  writeFileSync(folder.copy, `${before.slice(0, 7).join("\n")}\n`);
  writeFileSync(folder.file, `${before.slice(0, 4).join("\n")}\n`);
  await appendSome(folder, 1);
  const lines = await folder.lines();
  expect(lines.slice(0, 7)).toEqual(before.slice(0, 7));
  expect(found(proveChain(lines))).toMatchObject([
    {
      outcome: "partial",
      seq: 8,
      details: { restored: 3, missing: 2, expected: { seq: 9 }, present: { seq: 4 } },
    },
  ]);
});

test("events after a forged one come back, and the break stays visible", async () => {
  using folder = makeFolder();
  await appendSome(folder, 5);
  const before = await folder.lines();
  using stranger = makeFolder();
  await appendSome(stranger, 3);
  copyFileSync(stranger.file, folder.file);
  await appendSome(folder, 1);
  expect((await folder.lines()).slice(3, 5)).toEqual(before.slice(3));
  expect(JSON.parse((await folder.lines())[5] ?? "")).toMatchObject({
    outcome: "partial",
    details: { restored: 2, missing: 0 },
  });
  const signal = new AbortController().signal;
  const { findings } = await verifyTrail({ ...folder, project: "shop", sinks: [], signal });
  expect(findings[0]).toMatchObject({
    subject: "audit.jsonl:4",
    message: expect.stringContaining("does not continue"),
  });
  expect(findings.find(({ subject }) => subject === "home copy")).toMatchObject({
    subject: "home copy",
    seq: 1,
    message: expect.stringContaining("is not what was recorded"),
  });
});

test("a trail that was written anew is recorded as damaged, with both hashes", async () => {
  using folder = makeFolder();
  await appendSome(folder, 4);
  using stranger = makeFolder();
  await appendSome(stranger, 4);
  copyFileSync(stranger.file, folder.file);
  await appendSome(folder, 1);
  const [repair] = found(proveChain(await folder.lines()));
  expect(repair).toMatchObject({ outcome: "failed", details: { expected: { seq: 4 }, present: { seq: 4 } } });
});

test("a file that was put in the trail's place under a running command is noticed", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  await trail.append(EVENT);
  copyFileSync(folder.file, `${folder.file}.new`);
  renameSync(`${folder.file}.new`, folder.file);
  await trail.append(EVENT);
  await trail.close();
  expect(found(proveChain(await folder.lines()))).toMatchObject([
    { outcome: "success", details: { found: "another file in the trail's place" } },
  ]);
});

test("a trail that was deleted under a running command is never written to as a ghost", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  await trail.append(EVENT);
  rmSync(folder.file);
  await trail.append(EVENT);
  await trail.close();
  expect(proveChain(await folder.lines()).map(({ operation }) => operation)).toEqual([
    "export",
    "trail_repair",
    "export",
  ]);
});

test("a last line that is not an event is left for verify, and recorded", async () => {
  using folder = makeFolder();
  await appendSome(folder, 2);
  appendFileSync(folder.file, "not an event\n");
  await appendSome(folder, 1);
  const events = (await folder.lines()).filter((line) => line.startsWith("{"));
  expect(found(proveChain(events))).toMatchObject([
    { outcome: "failed", details: { found: "unreadable lines at the end", lines: 1 } },
  ]);
});

test("a home that knows less catches up; what a dead writer left in it stays on its own line", async () => {
  using folder = makeFolder();
  await appendSome(folder, 3);
  rmSync(folder.home, { recursive: true });
  await appendSome(folder, 1);
  expect(await folder.lines(folder.copy)).toEqual(await folder.lines());
  appendFileSync(folder.copy, '{"id":"torn');
  await appendSome(folder, 1);
  expect(await folder.lines(folder.copy)).toEqual([
    ...(await folder.lines()).slice(0, 4),
    '{"id":"torn',
    ...(await folder.lines()).slice(4),
  ]);
});

test("two projects of the same name share a home without disturbing each other", async () => {
  using folder = makeFolder();
  const other = join(folder.directory, "other/.contextcore/audit.jsonl");
  for (let round = 0; round < 3; round += 1) {
    for (const file of [folder.file, other]) {
      const trail = folder.open({ file });
      await trail.append(EVENT);
      await trail.close();
    }
  }
  expect(found(proveChain(await folder.lines()))).toEqual([]);
  expect(found(proveChain(await folder.lines(other)))).toEqual([]);
  expect(readdirSync(join(folder.home, "trails"))).toHaveLength(2);
  expect(folder.warnings).toEqual([]);
});

test("a home copy that has grown is closed; a lost trail comes back from all of its files", async () => {
  using folder = makeFolder();
  await appendSome(folder, 3);
  const filler = `${"x".repeat(1024 * 1024 - 1)}\n`;
  for (let megabyte = 0; megabyte < 64; megabyte += 1) appendFileSync(folder.copy, filler);
  await appendSome(folder, 2);
  const before = await folder.lines();
  expect(await folder.lines(folder.copy)).toEqual(before.slice(3));
  expect(readdirSync(folder.home)).toContain("audit-000000000001-000000000001.log.zst");
  rmSync(dirname(folder.file), { recursive: true });
  await appendSome(folder, 1);
  expect((await folder.lines()).slice(0, 5)).toEqual(before);
  expect(found(proveChain(await folder.lines()))).toMatchObject([
    { outcome: "success", details: { restored: 5 } },
  ]);
});
