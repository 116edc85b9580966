import { describe, expect, test } from "bun:test";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { scratch } from "../export/run.ts";
import { claim, edit, forge, sha256 } from "../snapshot/forge.ts";
import { smallSnapshot } from "../snapshot/small.ts";

const found = async (path: string, options = {}) => (await verifySnapshot(path, options)).flaws;

describe("a sound snapshot", () => {
  test.each([{}, { compression: "zstd" as const }, { fileBytesMax: 600 }])(
    "exported with %o has no flaw at any depth",
    async (more) => {
      using dir = scratch();
      const path = await smallSnapshot(dir.path, more);
      for (const depth of ["sizes", "checksums", "lines"] as const) {
        const report = await verifySnapshot(path, { depth });
        expect(report.flaws).toEqual([]);
        expect([report.sound, report.status, report.depth]).toEqual([true, "complete", depth]);
      }
      const report = await verifySnapshot(path);
      expect([report.records, report.files >= 6]).toEqual([14, true]);
    },
  );

  test("is read whole by as many runs as it has parts", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    const whole = await verifySnapshot(path);
    let bytes = 0;
    for (let index = 1; index <= 7; index += 1) {
      const report = await verifySnapshot(path, { part: { index, of: 7 } });
      expect(report.flaws).toEqual([]);
      bytes += report.bytes;
    }
    expect(bytes).toBe(whole.bytes);
  });

  test("stops when it is told to", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    const stop = AbortSignal.abort(new Error("enough"));
    await expect(verifySnapshot(path, { signal: stop })).rejects.toThrow("enough");
  });
});

describe("a flaw names its file, block and line:", () => {
  test("one byte of a data file", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    edit(join(path, "logs.json"), (text) =>
      text.replace("line 1010000000000 of 1", "line 1010000000000 of 7"),
    );
    const flaws = await found(path);
    expect(flaws.map(({ subject: file, message }) => [file, message])).toEqual([
      ["logs.json", "checksum mismatch"],
      ["logs.json", "checksum mismatch"],
    ]);
    expect(flaws[0]?.block).toBeGreaterThan(0);
  });

  test("a line that is no JSON", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    edit(join(path, "traces.json"), (text) => text.replace(/\n\{/, "\n["));
    expect(await found(path)).toContainEqual(expect.objectContaining({ subject: "traces.json", line: 2 }));
  });

  test("a file that is missing, one too many, a link, another size", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    rmSync(join(path, "metrics.json"));
    rmSync(join(path, "metrics/metadata.json"));
    symlinkSync("/etc/hostname", join(path, "metrics/metadata.json"));
    mkdirSync(join(path, "extra"));
    writeFileSync(join(path, "extra/file"), "");
    appendFileSync(join(path, "logs.json"), "\n");
    const flaws = await found(path, { depth: "sizes" });
    expect(
      flaws.map(({ subject: file, message }) => `${file} ${message.replace(/\d+/g, "N")}`).sort(),
    ).toEqual([
      "extra/file is not in the manifest",
      "logs.json has N bytes, the manifest says N",
      "metrics.json is missing",
      "metrics/metadata.json is not a regular file",
    ]);
  });

  test("a directory that is no snapshot", async () => {
    using dir = scratch();
    const report = await verifySnapshot(dir.path);
    expect([report.sound, report.status]).toEqual([false, undefined]);
    expect(report.flaws[0]?.message).toContain("is not a snapshot");
  });
});

describe("what fits its checksums and is still not true:", () => {
  const forgeries: Readonly<
    Record<string, { file: string; change: (text: string) => string; flaw: string; line?: number }>
  > = {
    "a span less than counted": {
      file: "traces.json",
      change: (text) => text.replace(/,\{"traceId[^}]*\}\]/, "]"),
      flaw: "the index says 4 spans, there are 3",
    },
    "a trace twice": {
      file: "traces.json",
      change: (text) => `${text.split("\n")[0]}\n${text.split("\n")[0]}\n`,
      flaw: "00000000000000000000000000000001 is there twice",
      line: 2,
    },
    "a time outside of its block's": {
      file: "traces.json",
      change: (text) => text.replace('"startTimeUnixNano":"1001', '"startTimeUnixNano":"9001'),
      flaw: "its times are outside its block's",
      line: 1,
    },
    "a value without a timestamp": {
      file: "metrics.json",
      change: (text) => text.replace("[1,0.5,null]", "[1,0.5,null,4]"),
      flaw: "3 timestamps and 4 values",
      line: 1,
    },
    "timestamps in disorder": {
      file: "metrics.json",
      change: (text) => text.replace("1000000,1001000", "1001000,1000000"),
      flaw: "timestamps are not ascending at 1000000",
      line: 1,
    },
    "a line less": {
      file: "traces.json",
      change: (text) => `${text.split("\n")[0]}\n`,
      flaw: "the index says 2 lines, there is 1",
    },
    "bytes that are not UTF-8 text": {
      file: "metrics/metadata.json",
      change: (text) => text.replace('"gauge"', '"gau"ge"'),
      flaw: "is not valid JSON",
      line: 1,
    },
  };

  test.each(Object.keys(forgeries))("%s", async (name) => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    const forgery = forgeries[name];
    if (forgery === undefined) throw new Error("no such forgery");
    forge(path, forgery.file, forgery.change);
    expect((await verifySnapshot(path, { depth: "checksums" })).flaws).toEqual([]);
    const flaws = await found(path);
    expect(flaws[0]?.message).toContain(forgery.flaw);
    expect([flaws[0]?.subject, flaws[0]?.line]).toEqual([forgery.file, forgery.line]);
  });

  test("counts in the manifest that the index does not bear out", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    claim(path, (manifest) => {
      for (const plugin of manifest.plugins) if (plugin.name === "logs") plugin.counts.entries = 41;
    });
    expect((await found(path))[0]?.message).toContain("the manifest says 41 entries, there are 40");
  });

  test("complete, when a cursor that was named was never run", async () => {
    using dir = scratch();
    const path = await smallSnapshot(dir.path);
    const index = join(path, "blocks.jsonl");
    edit(index, (text) =>
      text.replace('"cursor":{"all":true},"next":[]', '"cursor":{"all":true},"next":[{"more":1}]'),
    );
    const bytes = readFileSync(index);
    claim(path, (manifest) => Object.assign(manifest.index, { sha256: sha256(bytes), bytes: bytes.length }));
    expect((await found(path))[0]?.message).toContain(
      "is marked as complete, but 1 of its cursors were never run",
    );
  });

  test("a manifest of a newer format is not guessed at", async () => {
    using dir = scratch();
    const path = join(dir.path, "copy");
    cpSync(await smallSnapshot(dir.path), path, { recursive: true });
    edit(join(path, "manifest.json"), (text) => text.replace('"format": 1', '"format": 2'));
    expect((await found(path))[0]?.message).toContain(
      "it has format 2, which is newer than this program knows",
    );
  });
});
