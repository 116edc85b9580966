/** Whatever is changed in a trail is found: by the chain alone where it can be, else by a witness. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import file from "../../plugins/file/index.ts";
import { seal } from "../../src/audit/format/chain.ts";
import { checkpointPath, makeSigningKey } from "../../src/audit/journal/checkpoint.ts";
import { openHome } from "../../src/audit/journal/home.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import type { OpenSink } from "../../src/host/open.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { openSink } from "./sink.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const NEVER = new AbortController().signal;
/** A home that knows nothing: then only the chain speaks. */
const NOBODY = "/nonexistent/home";

const verify = (folder: Folder, home = NOBODY, publicKey?: string) =>
  verifyTrail({
    file: folder.file,
    home,
    project: "shop",
    sinks: [],
    signal: NEVER,
    ...(publicKey === undefined ? {} : { publicKey }),
  });

const DETAILS = [
  { text: "Grüße \ufffd 🎉" },
  { n: -1.5e-7, list: [1, "a", null] },
  { 10: "a", 9: "b", nested: { b: 1, a: {} } },
  {},
];

async function write(folder: Folder, count: number, rotateBytes = 1 << 20): Promise<void> {
  const trail = folder.open({ rotateBytes });
  for (let number = 0; number < count; number += 1) {
    const details = { ...DETAILS[number % DETAILS.length], number };
    await trail.append({ operation: "export", outcome: "success", details, dataAffected: ["loki:logs"] });
  }
  await trail.close();
}

describe("by the chain alone", () => {
  const folder = makeFolder();
  let whole: Buffer;
  beforeAll(async () => {
    await write(folder, 5);
    whole = readFileSync(folder.file);
  });
  afterAll(() => folder[Symbol.dispose]());

  const differencesIn = async (bytes: Uint8Array) => {
    writeFileSync(folder.file, bytes);
    return (await verify(folder)).differences;
  };

  test("an untouched trail is whole", async () => {
    writeFileSync(folder.file, whole);
    expect(await verify(folder)).toMatchObject({
      differences: 0,
      warnings: 0,
      chain: { events: 5, last: { seq: 5 } },
    });
  });

  test("every single byte that is changed, to any value", async () => {
    const missed: string[] = [];
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = ((whole[at] ?? 0) + 1 + ((at * 101) % 255)) % 256;
      if ((await differencesIn(changed)) === 0) missed.push(`${at}: ${whole[at]} -> ${changed[at]}`);
    }
    expect(missed).toEqual([]);
  });

  test("a replacement character that was made from other bytes", async () => {
    const at = whole.indexOf(Buffer.from("\ufffd"));
    const changed = Buffer.from(whole);
    changed[at] = 0xf0; // F0 BF BD is not UTF-8: a lenient decoder makes the same character of it
    expect(await differencesIn(changed)).toBeGreaterThan(0);
  });

  test("every place where the file is cut, but between lines, where only a witness can tell", async () => {
    const missed: number[] = [];
    for (let length = 1; length < whole.length; length += 1) {
      if ((await differencesIn(whole.subarray(0, length))) === 0) missed.push(length);
    }
    const lineEnds = [...whole.entries()].flatMap(([at, byte]) =>
      byte === 10 && at + 1 < whole.length ? [at + 1] : [],
    );
    expect(missed).toEqual(lineEnds);
  });

  test("lines removed, swapped, repeated, moved", async () => {
    const lines = whole.toString().split("\n").slice(0, -1);
    const edits: Record<string, (from: number, to: number) => string[]> = {
      removed: (from) => lines.toSpliced(from, 1),
      swapped: (from, to) => lines.with(from, lines[to] ?? "").with(to, lines[from] ?? ""),
      repeated: (from, to) => lines.toSpliced(to, 0, lines[from] ?? ""),
      moved: (from, to) => lines.toSpliced(from, 1).toSpliced(to, 0, lines[from] ?? ""),
    };
    const position = fc.nat({ max: lines.length - 2 }); // the newest can be removed unseen: see the witnesses
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(edits)), position, position, async (edit, from, to) => {
        const edited = edits[edit]?.(from, to) ?? [];
        fc.pre(edited.join() !== lines.join());
        expect(await differencesIn(Buffer.from(`${edited.join("\n")}\n`))).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  test("bytes inserted or taken out anywhere", async () => {
    const place = fc.nat({ max: whole.length - 2 });
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.uint8Array({ maxLength: 3 }),
        fc.nat({ max: 3 }),
        async (at, inserted, removed) => {
          const edited = Buffer.concat([whole.subarray(0, at), inserted, whole.subarray(at + removed)]);
          fc.pre(!edited.equals(whole));
          expect(await differencesIn(edited)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test("an event that was replaced by another one with a right hash of its own does not continue the chain", async () => {
  using folder = makeFolder();
  await write(folder, 4);
  const lines = await folder.lines();
  const { hash: _, ...event } = JSON.parse(lines[1] ?? "");
  const forged = seal({ ...event, user: "grace" }).line;
  writeFileSync(folder.file, `${lines.with(1, forged).join("\n")}\n`);
  const { findings } = await verify(folder);
  expect(findings).toMatchObject([
    {
      subject: "audit.jsonl:3",
      seq: 3,
      message: "event 3 does not continue event 2: one of the two was replaced",
    },
  ]);
});

test("the first bad line is named, with what is wrong with it", async () => {
  using folder = makeFolder();
  await write(folder, 5);
  const text = readFileSync(folder.file, "utf8");
  writeFileSync(folder.file, text.replace('"number":2', '"number":7'));
  const { findings } = await verify(folder);
  expect(findings).toEqual([
    {
      severity: "difference",
      subject: "audit.jsonl:3",
      seq: 3,
      message: "the line was changed: its hash does not match its content",
    },
  ]);
});

describe("one chain through closed files", () => {
  test("rotation by size keeps it, and readers walk through all of them", async () => {
    using folder = makeFolder();
    await write(folder, 60, 4_000);
    const { chain, files, differences } = await verify(folder);
    expect(differences).toBe(0);
    expect(files).toBeGreaterThan(5);
    const count = 60 + files - 1; // each file that was closed is an event
    expect(chain).toMatchObject({ events: count, first: { seq: 1 }, last: { seq: count } });
    const events = await folder.open().newest({ limit: 100 });
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  test("rotation by month", async () => {
    using folder = makeFolder();
    for (const day of ["2026-01-30", "2026-01-31", "2026-02-01", "2026-03-01"]) {
      const trail = folder.open({ clock: () => Date.parse(`${day}T12:00:00Z`) });
      await trail.append({ operation: "export", outcome: "success" });
      await trail.append({ operation: "export", outcome: "success" });
    }
    expect(await verify(folder)).toMatchObject({ files: 3, differences: 0, chain: { events: 10 } });
  });

  test("every byte of a closed file is proved, also those that mean nothing to zstd; a file taken away is found", async () => {
    using folder = makeFolder();
    await write(folder, 30, 4_000);
    const [first = "", second = ""] = [...new Bun.Glob("audit-*.zst").scanSync(dirname(folder.file))].sort();
    const path = join(dirname(folder.file), second);
    const bytes = readFileSync(path);
    const content = Bun.zstdDecompressSync(bytes);
    let harmless = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bits of [1 << (at % 8), 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ bits;
        writeFileSync(path, changed);
        harmless += decompressed(changed)?.equals(content) === true ? 1 : 0;
        expect((await verify(folder)).differences, `byte ${at}`).toBeGreaterThan(0);
      }
    }
    writeFileSync(path, Buffer.concat([bytes, skippable]));
    expect((await verify(folder)).findings[0]?.message).toContain("it was changed after it was closed");
    expect(harmless).toBeGreaterThan(0); // or it would prove nothing
    rmSync(path);
    expect((await verify(folder)).findings[0]?.message).toMatch(
      /^events \d+ to \d+ are missing before this line$/,
    );
    writeFileSync(path, bytes);
    rmSync(join(dirname(folder.file), first));
    expect((await verify(folder)).findings[0]?.message).toContain("no event replaces them");
  });
});

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

test("times that go backwards and operations without an end are warnings", async () => {
  using folder = makeFolder();
  let now = Date.parse("2026-01-24T12:00:00Z");
  const trail = folder.open({ clock: () => now });
  await trail.append({ operation: "restore", outcome: "started" });
  now -= 60_000;
  await trail.append({ operation: "export", outcome: "success" });
  const { findings, differences } = await verify(folder);
  expect(differences).toBe(0);
  expect(findings).toMatchObject([
    {
      severity: "warning",
      seq: 2,
      message: expect.stringContaining("is earlier than that of the event before it"),
    },
    {
      severity: "warning",
      seq: 1,
      message: expect.stringMatching(
        /^restore began at 2026-01-24T12:00:00.000Z and has no end: part of the snapshot .*`contextcore restore` again/,
      ),
    },
  ]);
});

test("a trail that is not there is an error, not a success", async () => {
  using folder = makeFolder();
  expect(verify(folder)).rejects.toThrow("there is no trail");
});

/** A frame that zstd passes over. */
const skippable = Buffer.from("502a4d1804000000deadbeef", "hex");

function decompressed(bytes: Uint8Array<ArrayBuffer>): Buffer | undefined {
  try {
    return Bun.zstdDecompressSync(bytes);
  } catch {
    return undefined;
  }
}

/** What a forger does who knows the format: the same events with new hashes. */
function rehash(lines: readonly string[]): string {
  let previous = "0".repeat(64);
  return lines
    .map((line) => {
      const { hash: _, ...event } = JSON.parse(line);
      const sealed = seal({ ...event, prev_hash: previous });
      previous = sealed.event.hash;
      return sealed.line;
    })
    .join("\n");
}
