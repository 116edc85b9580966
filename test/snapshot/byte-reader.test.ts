/** Runs of bytes are read as they are, however small and large ones of several files follow one another. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createByteReader } from "../../src/snapshot/read/byte-reader.ts";
import { oneAhead } from "../../src/snapshot/read/one-ahead.ts";
import { localStorage } from "../../src/storage/local.ts";
import { scratch } from "../export/run.ts";
import { random } from "../lab/random.ts";

const FILES = ["a", "b", "c"];
const FILE_BYTES = 3 << 20;

/** Bytes that tell where they are from. */
const contentOf = (file: number): Buffer =>
  Buffer.from(Uint32Array.from({ length: FILE_BYTES / 4 }, (_, at) => at * 4 + file).buffer);

test.each([2, undefined])("with buffers: %p", async (buffers) => {
  const seed = Date.now() % 1_000_000;
  const next = random(seed);
  using dir = scratch();
  const contents = FILES.map((_, file) => contentOf(file));
  for (const [file, name] of FILES.entries())
    writeFileSync(join(dir.path, name), contents[file] ?? Buffer.alloc(0));
  const reader = createByteReader(dir.path, buffers === undefined ? {} : { buffers });
  const ends = FILES.map(() => 0);
  const runs = Array.from({ length: 400 }, () => {
    const file = Math.floor(next() * FILES.length);
    const bytes = Math.floor(next() * (next() < 0.8 ? 4_000 : 900_000));
    const start = (ends[file] ?? 0) + bytes > FILE_BYTES ? 0 : (ends[file] ?? 0);
    ends[file] = start + bytes;
    return { file, start, bytes };
  });
  const begun = oneAhead(runs, ({ file, start, bytes }) => ({
    expected: contents[file]?.subarray(start, start + bytes),
    reading: reader.read(FILES[file] ?? "", start, bytes),
  }));
  for await (const { expected, reading } of begun) {
    const bytes = await reading;
    // What was begun after it may be there by now, and must not have overwritten it.
    await Bun.file(join(dir.path, "a")).slice(0, 1).text();
    expect(expected?.equals(bytes), `seed ${seed}`).toBe(true);
  }
  await reader.close();
});

test("a file that ends early, or is not there, is told to whoever reads it", async () => {
  using dir = scratch();
  writeFileSync(join(dir.path, "a"), "abc");
  const reader = createByteReader(dir.path, { buffers: 2 });
  const all = await Promise.allSettled([
    reader.read("a", 0, 3),
    reader.read("none", 0, 1),
    reader.read("a", 1, 3),
    reader.read("a", 1, 2),
  ]);
  await reader.close();
  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
});

test("of many files, read by several at once, each is closed again", async () => {
  using dir = scratch();
  const names = Array.from({ length: 200 }, (_, file) => `object-${file}`);
  for (const name of names) writeFileSync(join(dir.path, name), name);
  const files = localStorage(dir.path);
  let open = 0;
  const counted: typeof files = {
    ...files,
    async open(name) {
      const file = await files.open(name);
      open += 1;
      const close = async (): Promise<void> => {
        await file.close();
        open -= 1;
      };
      return { ...file, close };
    },
  };
  const reader = createByteReader(counted);
  const next = random(7);
  const read = async (): Promise<void> => {
    for (let turn = 0; turn < 400; turn++) {
      const name = names[Math.floor(next() * names.length)] ?? "";
      expect(Buffer.from(await reader.read(name, 0, name.length)).toString()).toBe(name);
    }
  };
  await Promise.all(Array.from({ length: 8 }, read));
  expect(open).toBeLessThan(80);
  await reader.close();
  expect(open).toBe(0);
});
