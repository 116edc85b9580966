/** Answers, blocks and lines that are made to fill the memory: each ends at a bound, is named, and costs little. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { constants, createBrotliCompress, createGzip, zstdCompressSync } from "node:zlib";
import { smallSnapshot } from "../snapshot/small.ts";
import { type Measured, measure } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const MIB = 1 << 20;
/** What any command here may take at once; the attacks aim at gigabytes. */
const MEMORY_MAX = 450 * MIB;
/** Loki is asked for several answers at once, each of which may have 64 MiB. */
const ANSWERS_MAX = 800 * MIB;

const within = (args: readonly string[], cwd: string): Promise<Measured> =>
  measure(args, { cwd, signal: AbortSignal.timeout(30_000) });

/** A zstd frame of blocks that repeat one byte: 4 bytes for every 128 KiB, and nothing says how much it holds. */
function zstdBomb(bytes: number): Buffer {
  const count = Math.ceil(bytes / 131_072);
  const frame = Buffer.alloc(6 + 4 * count);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt16LE(0x3800, 4); // no size, no checksum; a window of 128 KiB
  for (let index = 0; index < count; index += 1) {
    frame.writeUIntLE((131_072 << 3) | 2 | (index === count - 1 ? 1 : 0), 6 + 4 * index, 3);
    frame[9 + 4 * index] = 0x20;
  }
  return frame;
}

/** The same frame with a size of its content in it. */
function sized(bomb: Buffer, size: number): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt(size));
  return Buffer.concat([bomb.subarray(0, 4), Buffer.from([0xc0, 0x38]), field, bomb.subarray(6)]);
}

/** Much of nothing, compressed by `node:zlib`'s stream. */
async function packed(stream: ReturnType<typeof createGzip>, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on("data", (piece) => pieces.push(piece));
  const spaces = Buffer.alloc(MIB, " ");
  for (let written = 0; written < bytes; written += MIB)
    if (!stream.write(spaces)) await new Promise((resolve) => stream.once("drain", resolve));
  await new Promise<void>((resolve) => stream.end(resolve));
  return Buffer.concat(pieces);
}

describe("an answer without an end", async () => {
  const gzip = await packed(createGzip({ level: 1 }), 1024 * MIB);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
  const brotli = await packed(createBrotliCompress({ params }), 2048 * MIB);
  const endless = (): ReadableStream =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(MIB).fill(0x20)) });
  const encoded = (body: Buffer, encoding: string) =>
    new Response(body, { headers: { "content-encoding": encoding } });
  const ANSWERS: Readonly<Record<string, () => Response>> = {
    plain: () => new Response(endless()),
    gzip: () => encoded(gzip, "gzip"),
    br: () => encoded(brotli, "br"),
    zstd: () => encoded(zstdBomb(3_300 * MIB), "zstd"),
    error: () => new Response(endless(), { status: 500 }),
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => ANSWERS[new URL(request.url).pathname.split("/")[1] ?? ""]?.() ?? new Response(),
  });
  afterAll(() => server.stop(true));

  const TOO_LARGE = /GET \/\S+ answered with more than 67108864 bytes/;
  const REASONS: Readonly<Record<string, RegExp>> = {
    plain: TOO_LARGE,
    gzip: TOO_LARGE,
    br: /answered in the encoding br, which was not asked for/,
    zstd: /answered in the encoding zstd, which was not asked for/,
    error: /answered 500/,
  };
  const CASES = Object.keys(ANSWERS).flatMap((kind) =>
    ["loki", "grafana"].map((name) => [kind, name] as const),
  );

  /** One server at a time: each may hold as many large answers as it is asked for at once. */
  const stack = (kind: string, only: string): string => {
    const backends = ["tempo", "mimir", "loki", "grafana"].map(
      (name) => `  ${name}: { enabled: ${name === only}, url: "${server.url.href}${kind}" }\n`,
    );
    return temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${backends.join("")}` });
  };

  test.each(CASES)("%s, from %s: inventory and export say why, within their memory", async (kind, name) => {
    const cwd = stack(kind, name);
    const told = await within(["inventory", "--json", "--timeout", "20s"], cwd);
    expect(told.exitCode).toBe(3);
    expect(JSON.parse(told.stdout).backends[0].reason).toMatch(REASONS[kind] ?? /never/);
    const exported = await within(["export"], cwd);
    expect(exported.exitCode).not.toBe(0);
    expect(exported.stderr).toMatch(REASONS[kind] ?? /never/);
    for (const { peakBytes } of [told, exported]) expect(peakBytes).toBeLessThan(ANSWERS_MAX);
  });
});

/** A snapshot one of whose files is another, with the line of the index that tells of its first block. */
async function tampered(
  file: string,
  bytes: Buffer,
  claims: object,
  options: Parameters<typeof smallSnapshot>[1] = {},
): Promise<string> {
  const path = await smallSnapshot(join(temporaryDirectory(), "backups"), options);
  writeFileSync(join(path, file), bytes);
  const index = join(path, "blocks.jsonl");
  let isFirst = true;
  const lines = readFileSync(index, "utf8")
    .split("\n")
    .map((text) => {
      const line = text === "" ? {} : JSON.parse(text);
      if (line.file !== file || !isFirst) return text;
      isFirst = false;
      const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      return JSON.stringify({ ...line, bytes: bytes.length, sha256, ...claims });
    });
  writeFileSync(index, lines.join("\n"));
  return path;
}

const ZSTD = { compression: "zstd" } as const;

/** A file of so many bytes that take no room on the disk, and no newline among them. */
function sparse(path: string, bytes: number, beginning = ""): void {
  const file = openSync(path, "w");
  writeSync(file, beginning);
  ftruncateSync(file, bytes);
}

describe("a snapshot that claims little, or very much", () => {
  test("a block of 98 kB that claims 1,000 bytes and holds 3.3 GB", async () => {
    const bomb = zstdBomb(3_300_000_000);
    const path = await tampered("logs.json.zst", bomb, { raw: 1000 }, ZSTD);
    const { exitCode, stderr, peakBytes } = await within(["verify", path], dirname(path));
    expect(stderr).toContain("logs.json.zst");
    expect(stderr).toContain("holds more than the 1000 bytes that it claims");
    expect(exitCode).toBe(5);
    expect(peakBytes).toBeLessThan(MEMORY_MAX);
  });

  test.each([{ bytes: 1e15 }, { raw: 1e15 }, { raw: 4e9 }, { offset: 1e15 }])(
    "a block that claims %o takes no memory",
    async (claims) => {
      const path = await tampered("logs.json.zst", Buffer.from(zstdCompressSync("{}\n")), claims, ZSTD);
      const { exitCode, stderr, peakBytes } = await within(["verify", path], dirname(path));
      expect(stderr).toContain("logs.json.zst");
      expect(exitCode).toBe(5);
      expect(peakBytes).toBeLessThan(MEMORY_MAX);
    },
  );

  test("a file of a terabyte that takes no room on the disk", async () => {
    const path = await tampered("logs.json", Buffer.from("{}\n"), { bytes: 1e12 });
    sparse(join(path, "logs.json"), 1e12);
    const { exitCode, stderr, peakBytes } = await within(["verify", path], dirname(path));
    expect(stderr).toContain("claims 1000000000000 bytes");
    expect(exitCode).toBe(5);
    expect(peakBytes).toBeLessThan(MEMORY_MAX);
  });

  test.each(["manifest.json", "blocks.jsonl"])("4 GB of %s without a newline", async (name) => {
    const path = await smallSnapshot(join(temporaryDirectory(), "backups"));
    sparse(join(path, name), 4e9);
    for (const args of [
      ["verify", path],
      ["snapshots", "show", path],
      ["snapshots", "list"],
    ]) {
      const { exitCode, stderr, peakBytes } = await within(args, dirname(dirname(path)));
      if (args[0] === "verify") expect([exitCode, stderr.includes(name)]).toEqual([5, true]);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(peakBytes).toBeLessThan(MEMORY_MAX);
    }
  });

  test.each([101, 100_000, 3_000_000])(
    "a cursor that nests %d levels deep is a plain error",
    async (levels) => {
      const path = await smallSnapshot(join(temporaryDirectory(), "backups"));
      const index = join(path, "blocks.jsonl");
      const deep = `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
      const [first = "", ...rest] = readFileSync(index, "utf8").split("\n");
      const line = JSON.stringify({ ...JSON.parse(first), cursor: "deep" }).replace('"deep"', deep);
      writeFileSync(index, [line, ...rest].join("\n"));
      const { exitCode, stderr } = await within(["verify", path], dirname(path));
      expect(stderr).toContain("blocks.jsonl");
      expect(stderr).toContain("nests deeper than 100 levels");
      expect(exitCode).toBe(5);
    },
  );

  test.each(["traces.json", "logs.json", "manifest.json"])(
    "a line of %s that nests very deep",
    async (file) => {
      const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
      const bytes = Buffer.from(`{"streams":${deep},"resourceSpans":${deep}}\n`);
      const path = await tampered(file, bytes, { records: 1 });
      for (const args of [
        ["verify", path],
        ["snapshots", "diff", path, path],
        ["restore", path, "--dry-run"],
      ]) {
        const { exitCode, stderr } = await within(args, dirname(path));
        if (args[0] === "verify") expect([exitCode, stderr.includes(file)]).toEqual([5, true]);
        expect(exitCode).toBeLessThan(6); // it came to an end by itself
        expect(stderr).not.toMatch(/^\s+at /m);
      }
    },
  );
});

describe("a trail that is made to fill the memory", () => {
  const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const DESTROY = ["destroy", "--option", "3", "--confirm", "shop"];

  async function project(): Promise<string> {
    const config = `name: shop\nbackends:\n${OFF}destroy:\n  command: ["true"]\n`;
    const cwd = agreed(temporaryDirectory({ "contextcore.yaml": config }));
    expect((await within(DESTROY, cwd)).exitCode).toBe(0);
    return cwd;
  }

  test("a line of 4 GB", async () => {
    const cwd = await project();
    const trail = join(cwd, ".contextcore/audit.jsonl");
    sparse(trail, 4e9, readFileSync(trail, "utf8"));
    for (const [args, code] of [
      [["audit", "verify"], 5],
      [["audit"], 4],
      [DESTROY, 4],
    ] as const) {
      const { exitCode, stderr, peakBytes } = await within(args, cwd);
      expect(stderr).toContain(`cannot read ${trail}: it has a line of more than 67108864 bytes`);
      expect(exitCode).toBe(code);
      expect(peakBytes).toBeLessThan(MEMORY_MAX);
    }
  });

  const SIZE = 3_300_000_000;
  test.each([
    ["does not say so", zstdBomb(SIZE)],
    ["says so", sized(zstdBomb(SIZE), Math.ceil(SIZE / 131_072) * 131_072)],
    ["says that it has 1,000", sized(zstdBomb(SIZE), 1_000)],
    ["whose second frame does", Buffer.concat([zstdCompressSync("x".repeat(1_000)), zstdBomb(SIZE)])],
  ])("a closed file that unpacks to 3.3 GB, and %s", async (_name, bomb) => {
    const cwd = await project();
    const name = "audit-000000000001-000000000001.jsonl.zst";
    writeFileSync(join(cwd, ".contextcore", name), bomb);
    const { exitCode, stderr, peakBytes } = await within(["audit", "verify"], cwd);
    expect(stderr).toContain(name);
    expect(exitCode).toBe(5);
    expect(peakBytes).toBeLessThan(MEMORY_MAX);
  });

  test("a sink's state of 4 GB, and details that nest very deep", async () => {
    const cwd = await project();
    mkdirSync(join(cwd, ".contextcore/sinks"), { recursive: true });
    sparse(join(cwd, ".contextcore/sinks/copy.json"), 4e9);
    const state = await within(["audit", "verify"], cwd);
    expect([state.exitCode, state.stderr.includes("copy.json")]).toEqual([5, true]);
    expect(state.peakBytes).toBeLessThan(MEMORY_MAX);
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const trail = join(cwd, ".contextcore/audit.jsonl");
    writeFileSync(trail, readFileSync(trail, "utf8").replace(/"details":\{/g, `"details":{"deep":${deep},`));
    for (const args of [["audit"], ["audit", "--json"], ["audit", "stats"], ["audit", "export", "--all"]]) {
      const { exitCode, stderr } = await within(args, cwd);
      expect(exitCode).toBeLessThan(6);
      expect(stderr).not.toMatch(/^\s+at |call stack/m);
    }
  });
});
