/** What else proves a trail than its own chain: the home copy, a signed checkpoint, the sinks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import file from "../../plugins/file/index.ts";
import { checkpointPath, makeSigningKey } from "../../src/audit/journal/checkpoint.ts";
import { openHome } from "../../src/audit/journal/home.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import type { OpenSink } from "../../src/host/open.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { openSink } from "./sink.ts";
import { NEVER, NOBODY, rehash, verify, write } from "./written.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

describe("by the witnesses", () => {
  test("the home copy knows that the end was cut off", async () => {
    using folder = makeFolder();
    await write(folder, 6);
    const lines = await folder.lines();
    writeFileSync(folder.file, `${lines.slice(0, 4).join("\n")}\n`);
    expect((await verify(folder)).differences).toBe(0);
    const { findings, witnesses } = await verify(folder, folder.home);
    expect(findings).toMatchObject([
      { subject: "home copy", seq: 5, message: expect.stringContaining("2 more were recorded") },
      {
        subject: "home copy",
        seq: 5,
        message: expect.stringMatching(/^event 5 is gone; it was: .* export .* number=4 /),
      },
    ]);
    expect(witnesses).toMatchObject([{ name: "home copy", agrees: false, seq: 6 }]);
  });

  test("the home copy knows what a trail said before it was written anew with right hashes", async () => {
    using folder = makeFolder();
    await write(folder, 3);
    using forger = makeFolder();
    await write(forger, 3);
    const forged = (await forger.lines()).join("\n").replace(/"number":1\b/, '"number":99');
    writeFileSync(folder.file, `${rehash(forged.split("\n"))}\n`);
    expect((await verify(folder)).differences).toBe(0); // the chain is perfect
    const { findings } = await verify(folder, folder.home);
    expect(findings[0]?.message).toContain("event 1 is not what was recorded");
  });

  test("it says what changed in an event, field by field", async () => {
    using folder = makeFolder();
    await write(folder, 4);
    const forged = (await folder.lines()).join("\n").replace(/"number":2\b/, '"number":99');
    writeFileSync(folder.file, `${rehash(forged.split("\n"))}\n`);
    const { findings } = await verify(folder, folder.home);
    expect(findings.map(({ message }) => message)).toEqual([
      "event 3 is not what was recorded: details.number: 2 became 99",
    ]);
  });

  test("a signed checkpoint and its public key are enough, without a home", async () => {
    using folder = makeFolder();
    const { verifier } = makeSigningKey({ ...folder, project: "shop", host: "build-7", replace: false });
    await write(folder, 2);
    const trail = folder.open();
    await trail.record({ operation: "destroy", destructive: true }, async () => ({
      result: 0,
      ending: { outcome: "success" },
    }));
    expect(await verify(folder, NOBODY, verifier)).toMatchObject({ differences: 0, checkpoint: { size: 4 } });

    const lines = await folder.lines();
    const forged = rehash(lines.join("\n").replace('"destroy"', '"export"').split("\n"));
    writeFileSync(folder.file, `${forged}\n`);
    expect((await verify(folder)).differences).toBe(0);
    const { findings } = await verify(folder, NOBODY, verifier);
    expect(findings[0]).toMatchObject({ subject: "checkpoint", seq: 4 });

    writeFileSync(folder.file, `${lines.slice(0, 3).join("\n")}\n`); // the end is gone, and with it the checkpoint
    rmSync(checkpointPath(folder.file));
    expect((await verify(folder, NOBODY, verifier)).differences).toBe(0);
    rmSync(folder.copy);
    rmSync(openHome(folder.home, folder.file).keyFile.replace(/key$/, "json"));
    const kept = await verify(folder, folder.home, verifier);
    expect(kept.findings[0]).toMatchObject({ subject: "checkpoint", seq: 4 }); // but not the one in the home
  });

  test("a checkpoint that somebody else signed is none", async () => {
    using folder = makeFolder();
    using stranger = makeFolder();
    const { verifier } = makeSigningKey({ ...folder, project: "shop", host: "build-7", replace: false });
    makeSigningKey({ ...stranger, project: "shop", host: "build-7", replace: false });
    const trail = stranger.open();
    await trail.record({ operation: "destroy", destructive: true }, async () => ({
      result: 0,
      ending: { outcome: "success" },
    }));
    cpSync(dirname(stranger.file), dirname(folder.file), { recursive: true });
    expect((await verify(folder, NOBODY, verifier)).findings[0]?.message).toContain("has not signed it");
  });
});

describe("by the sinks", () => {
  const here = { identity: { user: "ada", host: hostname() } };
  const cut = async (folder: Folder, keep: number) =>
    writeFileSync(folder.file, `${(await folder.lines()).slice(0, keep).join("\n")}\n`);
  const ask = (folder: Folder, sinks: readonly OpenSink[]) =>
    verifyTrail({ file: folder.file, home: NOBODY, project: "shop", sinks, signal: NEVER });

  test("a place that remembers knows that the end was cut off; its receipt does too", async () => {
    using folder = makeFolder();
    const sinks = [await openSink(file, { path: join(folder.directory, "elsewhere.jsonl") })];
    const trail = folder.open({ sinks, ...here });
    for (let number = 0; number < 4; number += 1)
      await trail.append({ operation: "export", outcome: "success" });
    await trail.close();
    expect(await ask(folder, sinks)).toMatchObject({
      differences: 0,
      witnesses: [
        { name: "home copy", agrees: true },
        { name: "receipt of file", agrees: true, seq: 5 },
        { name: "file", agrees: true, seq: 5 },
      ],
    });
    await cut(folder, 3);
    const { findings } = await ask(folder, sinks);
    expect(findings).toMatchObject([
      { severity: "difference", subject: "receipt of file", seq: 5 },
      {
        severity: "difference",
        subject: "file",
        message: expect.stringContaining("after event 3 it has 2 more"),
      },
    ]);
  });

  test("another trail that delivers to the same place makes it a warning: nothing is proved", async () => {
    using folder = makeFolder();
    using other = makeFolder();
    const sinks = [await openSink(file, { path: join(folder.directory, "elsewhere.jsonl") })];
    for (const { open } of [folder, other, folder, other]) {
      const trail = open({ sinks, ...here });
      await trail.append({ operation: "export", outcome: "success" });
      await trail.close();
    }
    expect(await ask(folder, sinks)).toMatchObject({ differences: 0, warnings: 1 });
  });

  test("one that does not answer is a warning", async () => {
    using folder = makeFolder();
    await write(folder, 1);
    const path = join(folder.directory, "elsewhere.jsonl");
    mkdirSync(path); // no file can be read there
    const sinks = [await openSink(file, { path })];
    expect(await ask(folder, sinks)).toMatchObject({
      differences: 0,
      findings: [{ severity: "warning", subject: "file" }],
    });
  });
});
