/** Whatever is changed in a trail is found: by the chain alone where it can be, else by a witness. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { seal } from "../../src/audit/format/chain.ts";
import { makeFolder } from "./folder.ts";
import { verify, write } from "./written.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

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
