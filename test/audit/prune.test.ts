import { expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import webhook from "../../plugins/webhook/index.ts";
import { makeSigningKey, readSigningKey } from "../../src/audit/journal/checkpoint.ts";
import { openHome } from "../../src/audit/journal/home.ts";
import { keptLines } from "../../src/audit/retention/kept-file.ts";
import { doomedOf, planTrailPrune } from "../../src/audit/retention/plan.ts";
import { makeFolder } from "./folder.ts";
import { startReceiver } from "./receiver.ts";
import { recordPrune } from "./record-prune.ts";
import { openSink } from "./sink.ts";
import { closed, DAY, placesOf, prune, request, START, verify, writeYear } from "./year.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

test("closed files past their time are archived and removed; an event stands for them, and the chain still verifies", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  const before = closed(folder);
  const contents = before.map((name) => readFileSync(join(dirname(folder.file), name)));
  const plan = planTrailPrune(request(folder));
  expect(plan.segments.filter(({ stays }) => stays === undefined)).toHaveLength(9); // January to September
  expect(plan.segments.filter(({ stays }) => stays === "events of the last 90 days")).toHaveLength(2);
  expect(closed(folder)).toEqual(before); // a plan touches nothing

  await prune(folder);
  expect(closed(folder).slice(0, 2)).toEqual(before.slice(9)); // the prune's own event closed another one
  for (const [index, name] of before.slice(0, 9).entries()) {
    expect(
      readFileSync(join(folder.directory, "archive", name)).equals(contents[index] ?? Buffer.alloc(0)),
    ).toBe(true);
  }
  const [event] = await folder.open().newest({ limit: 1, operation: "audit_prune", outcome: "success" });
  expect(event?.details).toMatchObject({ events: 281, first_seq: 1, last_seq: 281, kept_events: 28 }); // 273 days, 8 closed files
  for (const home of [folder.home, "/nonexistent"]) {
    expect(await verify(folder, home)).toMatchObject({ differences: 0, chain: { first: { seq: 282 } } });
  }
});

test("who destroyed, restored or erased is kept for seven years", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  await prune(folder);
  const kept = keptLines(folder.file).map((line) => JSON.parse(line));
  expect(kept.every(({ operation }) => operation === "destroy")).toBe(true);
  expect(kept.map(({ details }) => details.day)).toEqual(
    Array.from({ length: 28 }, (_, index) => index * 10),
  );
});

test("files of a time that is held stay, and with them those that follow, since the chain has no holes", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  const all = planTrailPrune(request(folder)).segments.filter(({ stays }) => stays === undefined);
  const plan = planTrailPrune({
    ...request(folder),
    heldBy: ({ from, to }) => (from <= HELD && HELD < to ? "held by case" : undefined),
  });
  const stays = plan.segments.map((one) => one.stays);
  expect(stays.indexOf("held by case")).toBeGreaterThan(0);
  expect(stays.filter((why) => why === undefined).length).toBe(stays.indexOf("held by case"));
  expect(all.length).toBeGreaterThan(stays.indexOf("held by case"));
});

/** The last day of April, which its events have. */
const HELD = BigInt(START + 119 * DAY) * 1_000_000n;

test("what cannot be removed once the event stands for it is said to be there, and the next prune ends it", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  const before = closed(folder).slice(0, 9);
  const broken = join(folder.home, "audit-000000000001-000000000001.log.zst");
  writeFileSync(broken, "no zstd");
  const outcomes = async () =>
    (await folder.open().newest({ limit: 9, operation: "audit_prune" })).map(({ outcome }) => outcome);
  expect(prune(folder)).rejects.toThrow("not all that was pruned could be removed: ");
  await prune(folder).catch(() => undefined);
  const [event] = await folder.open().newest({ limit: 1 });
  expect(event).toMatchObject({ outcome: "partial", details: { left: before } });
  expect(await outcomes()).toEqual(["started", "success", "partial", "started", "success", "partial"]);
  rmSync(broken);
  await prune(folder);
  expect((await outcomes()).slice(-2)).toEqual(["started", "success"]);
  expect(closed(folder)).not.toContain(before[0] ?? "");
  expect(await verify(folder)).toMatchObject({ differences: 0 });
});

test("the home copy lets go of what the trail does, in every file of it, and of nothing of another project", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  const other = folder.open({
    file: join(folder.directory, "other/.contextcore/audit.jsonl"),
    clock: () => START,
  });
  await other.append({ operation: "export", outcome: "success", details: { other: true } });
  const all = await folder.lines(folder.copy);
  const closedCopy = (number: number) =>
    join(
      folder.home,
      `audit-${String(number).padStart(12, "0")}-${String(number).padStart(12, "0")}.log.zst`,
    );
  const packed = (lines: readonly string[]) => Bun.zstdCompressSync(`${lines.join("\n")}\n`);
  writeFileSync(closedCopy(1), packed(all.slice(5, 9))); // only exports: nothing of it stays
  writeFileSync(closedCopy(2), packed([...all.slice(0, 5), ...all.slice(9, 200)]));
  writeFileSync(folder.copy, `${all.slice(200).join("\n")}\n`);
  expect((await verify(folder)).differences).toBe(0);

  await prune(folder);
  expect(existsSync(closedCopy(1))).toBe(false);
  const older = Bun.zstdDecompressSync(readFileSync(closedCopy(2)))
    .toString()
    .split("\n")
    .slice(0, -1);
  const rest = [...older, ...(await folder.lines(folder.copy))];
  const kept = keptLines(folder.file);
  expect(kept).toHaveLength(28);
  for (const line of kept) expect(rest).toContain(line); // who destroyed stays here too
  const events = rest.map((line) => JSON.parse(line));
  expect(events.filter(({ details }) => details.other === true)).toHaveLength(1);
  expect(
    events.filter(
      ({ seq, operation, details }) => seq <= 281 && operation === "export" && details.other !== true,
    ),
  ).toEqual([]);
  expect(rest.slice(-3).map((line) => JSON.parse(line).operation)).toEqual([
    "trail_rotation",
    "audit_prune",
    "audit_prune",
  ]);
  expect((await verify(folder)).differences).toBe(0);
  rmSync(dirname(folder.file), { recursive: true }); // what there is comes back from it, and verifies but for what was pruned
  await folder.open().append({ operation: "export", outcome: "success" });
  const [first] = await folder.lines();
  expect(JSON.parse(first ?? "").seq).toBe(282);
});

test("a later prune goes on where the first ended, and lets go of what is older than seven years", async () => {
  using folder = makeFolder();
  await writeYear(folder, 200);
  await prune(folder, START + 200 * DAY);
  const after = folder.open({ clock: () => START + 300 * DAY });
  await after.append({ operation: "restore", outcome: "success" });
  await prune(folder, START + 500 * DAY);
  expect(keptLines(folder.file)).toHaveLength(20 + 2); // 20 destroys, the first prune's two events … and the restore is not closed yet
  expect((await verify(folder)).differences).toBe(0);

  const later = START + 7.5 * 365 * DAY;
  const trail = folder.open({ clock: () => later });
  await trail.append({ operation: "export", outcome: "success" });
  await prune(folder, later);
  const years = keptLines(folder.file).map((line) => JSON.parse(line).timestamp.slice(0, 7));
  expect(years.every((month) => month >= "2025-07")).toBe(true);
  expect((await verify(folder)).differences).toBe(0);
  const folderFiles = readdirSync(dirname(folder.file)).filter((name) => name.startsWith("audit.kept"));
  expect(folderFiles).toHaveLength(1);
});

test("stopped before the removal, nothing is lost; the next prune removes", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  const backup = join(folder.directory, "backup");
  mkdirSync(backup);
  for (const name of closed(folder)) copyFileSync(join(dirname(folder.file), name), join(backup, name));
  await prune(folder);
  for (const name of readdirSync(backup)) copyFileSync(join(backup, name), join(dirname(folder.file), name));
  expect((await verify(folder)).differences).toBe(0);
  await prune(folder);
  expect(closed(folder)).toHaveLength(3);
  expect((await verify(folder)).differences).toBe(0);
});

test("kept events that were changed or removed are found", async () => {
  using folder = makeFolder();
  await writeYear(folder);
  await prune(folder);
  const [name = ""] = readdirSync(dirname(folder.file)).filter((one) => one.startsWith("audit.kept"));
  const path = join(dirname(folder.file), name);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"day":20', '"day":21'));
  expect((await verify(folder)).findings).toMatchObject([
    { message: "the events that outlived the prune are not the ones it recorded" },
    { subject: `${name}:3`, message: "its hash does not match its content" },
  ]);
  writeFileSync(path, text.split("\n").slice(1).join("\n"));
  expect((await verify(folder)).differences).toBe(1);
});

test("nothing is removed from a file that does not verify, or over an archived file of another content", async () => {
  using folder = makeFolder();
  await writeYear(folder, 150);
  const [first = ""] = closed(folder);
  const archived = join(folder.directory, "archive", first);
  mkdirSync(dirname(archived));
  writeFileSync(archived, "something else");
  expect(prune(folder)).rejects.toThrow("differs from");
  await prune(folder).catch(() => undefined);
  expect(existsSync(join(dirname(folder.file), first))).toBe(true);
  expect((await folder.open().newest({ limit: 1 }))[0]).toMatchObject({
    operation: "audit_prune",
    outcome: "failed",
  });

  const path = join(dirname(folder.file), first);
  const text = Bun.zstdDecompressSync(readFileSync(path)).toString();
  writeFileSync(path, Bun.zstdCompressSync(text.replace('"day":3', '"day":4')));
  expect(() => planTrailPrune(request(folder))).toThrow("is damaged");
});

test("a file that was changed after the plan was made is not removed", async () => {
  using folder = makeFolder();
  await writeYear(folder, 150);
  const plan = planTrailPrune(request(folder));
  const [first = ""] = closed(folder);
  const path = join(dirname(folder.file), first);
  writeFileSync(path, Bun.zstdCompressSync(Bun.zstdDecompressSync(readFileSync(path)), { level: 1 }));
  const work = recordPrune(folder.open(), plan, placesOf(folder));
  expect(work).rejects.toThrow("has changed since the plan was made");
  await work.catch(() => undefined);
  expect(closed(folder)).toContain(first);
});

test("what a sink has not got yet stays", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver("fail");
  const sinks = [await openSink(webhook, { url: receiver.url })];
  const trail = folder.open({ sinks, clock: () => START, sinkTimeLimitMs: () => 200 });
  await trail.append({ operation: "export", outcome: "success" });
  await trail.close();
  const next = folder.open({ sinks, clock: () => START + 60 * DAY, sinkTimeLimitMs: () => 200 });
  await next.append({ operation: "export", outcome: "success" });
  await next.close();
  expect(planTrailPrune(request(folder)).segments).toMatchObject([
    { stays: "not all of it is delivered to webhook" },
  ]);
});

test("checkpoints and receipts of events that were pruned since are no difference; forged ones still are", async () => {
  using folder = makeFolder();
  const { verifier } = makeSigningKey({ ...folder, project: "shop", host: "build-7", replace: false });
  await using receiver = await startReceiver();
  const first = folder.open({ sinks: [await openSink(webhook, { url: receiver.url })], clock: () => START });
  await first.append({ operation: "export", outcome: "success" }); // the receipt's
  await first.close();
  const second = folder.open({ sinks: [], clock: () => START + DAY }); // the sink is gone
  await second.record({ operation: "destroy", destructive: true }, async () => ({
    result: 0,
    ending: { outcome: "success" },
  }));
  const third = folder.open({ clock: () => START + 60 * DAY });
  await third.append({ operation: "export", outcome: "success" });
  expect(await verify(folder)).toMatchObject({ differences: 0, checkpoint: { size: 5 } });
  await prune(folder);
  expect(await verify(folder)).toMatchObject({
    differences: 0,
    checkpoint: { size: 5 },
    chain: { first: { seq: 6 } },
  });

  const state = join(dirname(folder.file), "sinks/webhook.json");
  const told = JSON.parse(readFileSync(state, "utf8"));
  const late = { ...told.receipt, seq: 9 }; // one that is in the trail
  writeFileSync(state, JSON.stringify({ ...told, receipt: late }));
  const home = openHome(folder.home, folder.file);
  const key = readSigningKey(home);
  if (key === undefined) throw new Error("no key");
  const note = key.sign(`${key.name}\n5\n${Buffer.alloc(32, 7).toString("base64")}\n`); // a kept event, with another hash
  writeFileSync(home.checkpointFile, note);
  expect((await verify(folder)).findings).toMatchObject([
    { subject: "checkpoint", seq: 5 },
    { subject: "receipt of webhook", seq: 9 },
  ]);
  expect(verifier).toContain("contextcore");
});

test("a young trail has nothing to prune", async () => {
  using folder = makeFolder();
  await writeYear(folder, 40);
  const plan = planTrailPrune(request(folder, START + 41 * DAY));
  expect(plan.range).toBeUndefined();
  expect(doomedOf(plan)).toEqual([]);
});
