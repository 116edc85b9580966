/** What was erased is taken out of a file of bytes before it is put back, and nothing of the file stays unpacked. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredData, StoredRecord } from "../../src/contract/contract.ts";
import { discardUnpacked, editedBytes } from "../../src/restore/edited-bytes.ts";
import { isThere } from "../../src/storage/entries.ts";
import { NEVER } from "../../src/units/time-limit.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** A database whose rows are lines. */
const LINES: StoredData = {
  find: () => LINES.records({ file: "", path: "" }, NEVER),
  async *records({ path }): AsyncGenerator<StoredRecord> {
    for (const [number, content] of readFileSync(path, "utf8").split("\n").entries())
      yield { unit: "rows", count: 1, where: "the file", content, reference: number };
  },
  async erase({ path }, references) {
    const left = readFileSync(path, "utf8")
      .split("\n")
      .filter((_, number) => !references.includes(number));
    writeFileSync(path, left.join("\n"));
    return { counts: { rows: references.length } };
  },
};

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 5) yield Buffer.from(text.slice(at, at + 5));
}

const asked = (text: string, more: Partial<Parameters<typeof editedBytes>[0]> = {}) => ({
  ...{
    file: "shop.db",
    pieces: inPieces(text),
    stored: LINES,
    directory: temporaryDirectory(),
    signal: NEVER,
  },
  isErased: (content: string) => content.startsWith("ann"),
  ...more,
});

const unpacked = (directory: string): string[] =>
  isThere(join(directory, ".unpacked")) ? readdirSync(join(directory, ".unpacked")) : [];

test("the records are gone, the others are there, and how many went is said", async () => {
  const request = asked("ann 1\nbob 2\nann 3\neve 4");
  {
    await using edited = await editedBytes(request);
    const text = Buffer.concat(await Array.fromAsync(edited?.pieces() ?? [])).toString();
    expect([text, edited?.size, edited?.erased]).toEqual(["bob 2\neve 4", 11, { rows: 2 }]);
    // A second reading, as after a failure, is the same.
    expect(Buffer.concat(await Array.fromAsync(edited?.pieces() ?? [])).toString()).toBe(text);
  }
  expect(unpacked(request.directory)).toEqual([]);
});

test("a file of which nothing was erased is put back as it is", async () => {
  const request = asked("bob 2\neve 4");
  expect(await editedBytes(request)).toBeUndefined();
  expect(unpacked(request.directory)).toEqual([]);
});

test("where it fails nothing stays unpacked, and what a killed run has left goes", async () => {
  const stored: StoredData = { ...LINES, erase: () => Promise.reject(new Error("a trigger forbids it")) };
  const request = asked("ann 1\nbob 2", { stored });
  const refused = await editedBytes(request).catch((error) => error);
  expect(refused).toEqual(new Error("a trigger forbids it"));
  expect(unpacked(request.directory)).toEqual([]);
  const left = temporaryDirectory({ ".unpacked/1/file": "ann 1" });
  await discardUnpacked(left);
  expect(readdirSync(left)).toEqual([]);
});
