/** Whoever takes a witness away, or alters it, is found out: the checkpoint, and the home copy with what it remembers. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { seal } from "../../src/audit/format/chain.ts";
import { checkpointPath, makeSigningKey } from "../../src/audit/journal/checkpoint.ts";
import { openHome } from "../../src/audit/journal/home.ts";
import { planTrailPrune } from "../../src/audit/retention/plan.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";
import { recordPrune } from "./record-prune.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const verify = (folder: Folder, more: { home?: string; publicKey?: string; file?: string } = {}) =>
  verifyTrail({
    file: folder.file,
    home: folder.home,
    project: "shop",
    sinks: [],
    signal: new AbortController().signal,
    ...more,
  });

async function write(folder: Folder, count: number, file = folder.file): Promise<void> {
  const trail = folder.open({ file });
  for (let number = 0; number < count; number += 1)
    await trail.append({ operation: "export", outcome: "success", details: { number } });
  await trail.close();
}

async function keygen(folder: Folder): Promise<string> {
  const { verifier } = makeSigningKey({ ...folder, project: "shop", host: "build-7", replace: false });
  await folder
    .open()
    .append({ operation: "audit_keygen", outcome: "success", details: { public: verifier } });
  return verifier;
}

const destroy = (folder: Folder, options: Parameters<Folder["open"]>[0] = {}) =>
  folder.open(options).record({ operation: "destroy", destructive: true }, async () => ({
    result: 0,
    ending: { outcome: "success" },
  }));

const cut = async (folder: Folder, keep: number, file = folder.file): Promise<string[]> => {
  const lines = await folder.lines(file);
  writeFileSync(file, `${lines.slice(0, keep).join("\n")}\n`);
  return lines;
};

const NOBODY = { home: "/nonexistent/home" };
const isMissing = {
  severity: "difference",
  message: expect.stringContaining("the signed checkpoint is missing"),
};

test("a checkpoint that was signed and is gone is a difference, whoever's key it is", async () => {
  using folder = makeFolder();
  const publicKey = await keygen(folder);
  expect(await verify(folder, { publicKey })).toMatchObject({ differences: 0 }); // nothing was destroyed yet
  await destroy(folder, { identity: { user: "eve", host: "other" }, home: join(folder.directory, "eve") });
  expect(await verify(folder, { ...NOBODY, publicKey })).toMatchObject({ differences: 0 }); // eve has no key
  await destroy(folder);
  expect(await verify(folder, { publicKey })).toMatchObject({ differences: 0, checkpoint: { size: 5 } });

  rmSync(checkpointPath(folder.file));
  expect((await verify(folder, { ...NOBODY, publicKey })).findings).toMatchObject([isMissing]);
  expect((await verify(folder, NOBODY)).findings).toMatchObject([isMissing]); // the trail tells of the key
  expect((await verify(folder)).findings).toMatchObject([isMissing]);
  rmSync(openHome(folder.home, folder.file).checkpointFile);
  expect((await verify(folder)).findings).toMatchObject([isMissing, isMissing]);
});

test("without the event that made the key, the key itself tells that there was a checkpoint", async () => {
  using folder = makeFolder();
  const { verifier: publicKey } = makeSigningKey({ ...folder, project: "p", host: "h", replace: false });
  await destroy(folder);
  rmSync(checkpointPath(folder.file));
  expect((await verify(folder, { ...NOBODY, publicKey })).findings).toMatchObject([isMissing]);
  expect((await verify(folder, NOBODY)).differences).toBe(0); // of no key nothing is known
});

test("after a move of the project its cut end is found, put back, and the lost key is told", async () => {
  using folder = makeFolder();
  await keygen(folder);
  await write(folder, 6);
  renameSync(join(folder.directory, "project"), join(folder.directory, "moved"));
  const file = join(folder.directory, "moved/.contextcore/audit.jsonl");
  expect(await verify(folder, { file })).toMatchObject({
    differences: 0,
    witnesses: [{ name: "home copy", agrees: true, seq: 7 }],
  });
  const before = await cut(folder, 4, file);
  const { findings, witnesses } = await verify(folder, { file });
  expect(findings[0]).toMatchObject({ severity: "difference", subject: "home copy", seq: 5 });
  expect(witnesses).toMatchObject([{ agrees: false, seq: 7 }]);

  await destroy(folder, { file });
  const lines = await folder.lines(file);
  expect(lines.slice(0, 7)).toEqual(before);
  expect(proveChain(lines)[7]).toMatchObject({
    operation: "trail_repair",
    outcome: "success",
    details: { restored: 3, expected: { seq: 7 }, present: { seq: 4 } },
  });
  expect(folder.warnings.join("\n")).toContain("no checkpoint was signed: this trail has a signing key");
});

test("a home whose memory of the trails was emptied still finds a cut end, and one that was written anew", async () => {
  using folder = makeFolder();
  await write(folder, 6);
  const trails = join(folder.home, "trails");
  for (const name of readdirSync(trails)) rmSync(join(trails, name));
  const lines = await cut(folder, 3);
  expect((await verify(folder)).findings[0]).toMatchObject({ subject: "home copy", seq: 4 });
  const { hash: _, ...event } = JSON.parse(lines[3] ?? "");
  writeFileSync(folder.file, `${[...lines.slice(0, 3), seal({ ...event, user: "eve" }).line].join("\n")}\n`);
  expect((await verify(folder)).differences).toBeGreaterThan(0);
});

test("a copy of a project is no cut trail while the project is still there", async () => {
  using folder = makeFolder();
  await write(folder, 3);
  const twin = join(folder.directory, "twin/.contextcore/audit.jsonl");
  cpSync(dirname(folder.file), dirname(twin), { recursive: true });
  await write(folder, 2);
  expect(await verify(folder, { file: twin })).toMatchObject({ differences: 0 });
  await write(folder, 1, twin);
  expect(proveChain(await folder.lines(twin)).map(({ operation }) => operation)).toEqual(
    Array(4).fill("export"),
  );
});

test("a line of the home copy that was altered does not agree and is never put back", async () => {
  using folder = makeFolder();
  await write(folder, 6);
  const copied = (await folder.lines(folder.copy)).join("\n");
  writeFileSync(folder.copy, `${copied.replace('"number":4', '"number":9')}\n`);
  const { findings, witnesses } = await verify(folder);
  expect(findings).toMatchObject([{ severity: "difference", subject: "home copy", seq: 5 }]);
  expect(witnesses).toMatchObject([{ agrees: false }]);

  const before = await cut(folder, 3);
  await write(folder, 1);
  const lines = await folder.lines();
  expect(lines.slice(0, 5)).toEqual([...before.slice(0, 4), before[5] ?? ""]);
  expect(JSON.parse(lines[5] ?? "")).toMatchObject({
    operation: "trail_repair",
    outcome: "failed",
    details: { restored: 2, forged: 1, missing: 1 },
  });
  expect(folder.warnings.join()).toContain("1 altered line of that copy was not");
});

test("when all that the copy has was altered, nothing is put back", async () => {
  using folder = makeFolder();
  await write(folder, 3);
  const copied = (await folder.lines(folder.copy)).join("\n");
  writeFileSync(folder.copy, `${copied.replaceAll('"user":"ada"', '"user":"eve"')}\n`);
  await cut(folder, 1);
  await write(folder, 1);
  const events = proveChain(await folder.lines());
  expect(events[1]).toMatchObject({ operation: "trail_repair", outcome: "failed", details: { forged: 2 } });
});

test("a prune that began names its process, so that the next command closes it when it died", async () => {
  using folder = makeFolder();
  const year = 365 * 86_400_000;
  const trail = folder.open({ clock: () => Date.now() - year, identity: { user: "ada", host: hostname() } });
  await trail.append({ operation: "export", outcome: "success" });
  await trail.close();
  await write(folder, 1);
  const pruning = folder.open();
  const plan = planTrailPrune({ file: folder.file, retentionDays: 90, now: Date.now() });
  await recordPrune(pruning, plan, { archive: join(folder.directory, "archive"), home: folder.home });
  const events = await pruning.newest({ limit: 9, operation: "audit_prune" });
  expect(events[0]).toMatchObject({ outcome: "started", details: { process: { pid: process.pid } } });
});
