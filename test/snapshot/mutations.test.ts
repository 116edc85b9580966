/** Ten thousand random accidents to snapshots of every form, none missed. The seed is printed when one is. */
import { expect, test } from "bun:test";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { scratch } from "../export/run.ts";
import { random } from "../lab/random.ts";
import { type SmallOptions, smallSnapshot } from "./small.ts";

/** Of each kind of snapshot: ten thousand in all. */
const MUTATIONS = 2_500;

/** A change to one file's bytes; `undefined` when it has nothing to change. */
type Mutation = (bytes: Buffer, next: () => number) => Buffer | undefined;

const within = (next: () => number, length: number): number => Math.floor(next() * length);

const splitLines = (bytes: Buffer): string[] => bytes.toString("latin1").split("\n").slice(0, -1);
const joinLines = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");

const MUTATIONS_OF_BYTES: Readonly<Record<string, Mutation>> = {
  "flip a bit": (bytes, next) => {
    if (bytes.length === 0) return undefined;
    const copy = Buffer.from(bytes);
    const at = within(next, copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << within(next, 8));
    return copy;
  },
  "replace a byte": (bytes, next) => {
    if (bytes.length === 0) return undefined;
    const copy = Buffer.from(bytes);
    copy[within(next, copy.length)] = within(next, 256);
    return copy;
  },
  cut: (bytes, next) => (bytes.length === 0 ? undefined : bytes.subarray(0, within(next, bytes.length))),
  "cut the head": (bytes, next) =>
    bytes.length === 0 ? undefined : bytes.subarray(1 + within(next, bytes.length)),
  insert: (bytes, next) => {
    const at = within(next, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([within(next, 256)]), bytes.subarray(at)]);
  },
  "remove a line": (bytes, next) => {
    const lines = splitLines(bytes);
    lines.splice(within(next, lines.length), 1);
    return joinLines(lines);
  },
  "double a line": (bytes, next) => {
    const lines = splitLines(bytes);
    const at = within(next, lines.length);
    return joinLines([...lines.slice(0, at + 1), ...lines.slice(at)]);
  },
  "swap two lines": (bytes, next) => {
    const lines = splitLines(bytes);
    const [a, b] = [within(next, lines.length), within(next, lines.length)];
    return joinLines(
      lines.map((line, at) => (at === a ? (lines[b] ?? line) : at === b ? (lines[a] ?? line) : line)),
    );
  },
};

/** The files of a snapshot as they should be. */
interface Place {
  readonly path: string;
  readonly files: readonly string[];
  readonly originals: ReadonlyMap<string, Buffer>;
}

function placeOf(path: string): Place {
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));
  return { path, files, originals: new Map(files.map((file) => [file, readFileSync(join(path, file))])) };
}

/** Changes the directory. @returns how to undo it; `undefined` when nothing was changed */
type Accident = (place: Place, next: () => number) => (() => void) | undefined;

const chosen = <Item>(items: readonly Item[], next: () => number): Item => {
  const item = items[within(next, items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
};

const changing =
  (mutation: Mutation): Accident =>
  ({ path, files, originals }, next) => {
    const file = chosen(files, next);
    const original = originals.get(file) ?? Buffer.alloc(0);
    const mutated = mutation(original, next);
    if (mutated === undefined || mutated.equals(original)) return undefined;
    writeFileSync(join(path, file), mutated);
    return () => writeFileSync(join(path, file), original);
  };

const ACCIDENTS: Readonly<Record<string, Accident>> = {
  ...Object.fromEntries(
    Object.entries(MUTATIONS_OF_BYTES).map(([name, mutation]) => [name, changing(mutation)]),
  ),
  "remove a file": ({ path, files, originals }, next) => {
    const file = chosen(files, next);
    rmSync(join(path, file));
    return () => writeFileSync(join(path, file), originals.get(file) ?? "");
  },
  "rename a file": ({ path, files }, next) => {
    const file = join(path, chosen(files, next));
    const to = chosen([`${file}.1`, `${file}.zst`, `${file}~`, join(dirname(file), "moved.json")], next);
    renameSync(file, to);
    return () => renameSync(to, file);
  },
  "double a file": ({ path, files }, next) => {
    const copy = `${join(path, chosen(files, next))}.${within(next, 9)}`;
    copyFileSync(copy.slice(0, -2), copy);
    return () => rmSync(copy);
  },
  "swap two files": ({ path, files, originals }, next) => {
    const [a, b] = [chosen(files, next), chosen(files, next)];
    if (originals.get(a)?.equals(originals.get(b) ?? Buffer.alloc(0))) return undefined;
    swap(join(path, a), join(path, b));
    return () => swap(join(path, a), join(path, b));
  },
  "put a file in another's place": ({ path, files, originals }, next) => {
    const [a, b] = [chosen(files, next), chosen(files, next)];
    const original = originals.get(b) ?? Buffer.alloc(0);
    if (originals.get(a)?.equals(original)) return undefined;
    copyFileSync(join(path, a), join(path, b));
    return () => writeFileSync(join(path, b), original);
  },
};

const SMALL = { streams: 1, entries: 6, objects: 1 };
const VARIANTS: Readonly<Record<string, SmallOptions>> = {
  "as it is": SMALL,
  "compressed with zstd": { ...SMALL, compression: "zstd" },
  "split into parts": { ...SMALL, streams: 2, fileBytesMax: 300 },
  "compressed and split": { ...SMALL, streams: 2, compression: "zstd", fileBytesMax: 200 },
};

test.each(Object.keys(VARIANTS))(
  `${MUTATIONS} random accidents to a snapshot that is %s are all found`,
  async (variant) => {
    const seed = Date.now() % 1_000_000;
    const next = random(seed);
    using dir = scratch();
    const place = placeOf(await smallSnapshot(dir.path, VARIANTS[variant]));
    const kinds = Object.keys(ACCIDENTS);
    const missed: string[] = [];
    const made = new Set<string>();
    for (let count = 0; count < MUTATIONS; ) {
      const kind = chosen(kinds, next);
      const undo = ACCIDENTS[kind]?.(place, next);
      if (undo === undefined) continue;
      count += 1;
      made.add(kind);
      if ((await verifySnapshot(place.path)).sound) missed.push(`seed ${seed}: ${kind}, number ${count}`);
      undo();
    }
    expect(missed).toEqual([]);
    expect(made.size).toBe(kinds.length);
    expect((await verifySnapshot(place.path)).flaws).toEqual([]);
  },
  60_000,
);

test("every file that is removed, renamed, or swapped with another is missed", async () => {
  using dir = scratch();
  const path = await smallSnapshot(dir.path);
  const outside = mkdtempSync(join(tmpdir(), "contextcore-swap-"));
  const files = [
    "manifest.json",
    "blocks.jsonl",
    "logs.json",
    "traces.json",
    "metrics.json",
    "logs/objects/object-0.json",
  ];
  const sound = async () => (await verifySnapshot(path, { depth: "sizes" })).sound;
  for (const a of files) {
    renameSync(join(path, a), join(outside, "a"));
    expect([a, await sound()]).toEqual([a, false]);
    renameSync(join(outside, "a"), join(path, `${a}.renamed`));
    expect([a, await sound()]).toEqual([a, false]);
    renameSync(join(path, `${a}.renamed`), join(path, a));
    for (const b of files.filter((one) => one !== a)) {
      swap(join(path, a), join(path, b));
      expect([a, b, (await verifySnapshot(path)).sound]).toEqual([a, b, false]);
      swap(join(path, a), join(path, b));
    }
  }
  swap(join(path, "logs/objects/object-0.json"), join(path, "logs/objects/object-1.json"));
  expect((await verifySnapshot(path)).sound).toBe(false);
  rmSync(outside, { recursive: true });
}, 60_000);

function swap(a: string, b: string): void {
  const [first, second] = [readFileSync(a), readFileSync(b)];
  writeFileSync(a, second);
  writeFileSync(b, first);
}
