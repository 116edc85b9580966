/** A dump is counted as it goes by: whatever a key holds, it is found where it ends, and is not held for that. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createDumpReader } from "../../../plugins/redis/rdb.ts";
import { REDIS_KINDS, startRedis } from "../../support/redis.ts";
import { KEY_COUNT, KEYS } from "./keys.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

function namesIn(bytes: Buffer, length: number, keeps: boolean): string[] {
  const reader = createDumpReader({ keeps });
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += length)
    names.push(...reader.feed(Buffer.from(bytes.subarray(at, at + length))).map(({ key }) => `${key}`));
  return [...names, ...reader.end().map(({ key }) => `${key}`)].sort();
}

describe.each(REDIS_KINDS)("%s", (kind) => {
  let dump: Buffer;
  beforeAll(async () => {
    const redis = await startRedis(kind);
    redis.cli(`${KEYS}\nSAVE\n`);
    dump = readFileSync(join(redis.directory, "dump.rdb"));
    await redis.stop();
  });

  test.each([1, 2, 7, 1_000, 1 << 20])("in pieces of %i bytes, whatever a key holds", (length) => {
    const whole = namesIn(dump, 1 << 20, true);
    expect(new Set(whole).size).toBe(KEY_COUNT);
    expect(namesIn(dump, length, false)).toEqual(whole);
  });

  test("one that is cut short is not taken for whole", () => {
    for (let length = 9; length < dump.length - 9; length += 211)
      expect(() => namesIn(dump.subarray(0, length), 1_000, false)).toThrow("it is cut short");
  });
});

test("a list of 400 MB is not held", () => {
  const head = Buffer.from("REDIS0011\x01\x04list", "latin1");
  const text = Buffer.concat([Buffer.from([0x80, 0, 1, 0, 0]), Buffer.alloc(65_536)]);
  const piece = Buffer.concat(Array.from({ length: 100 }, () => text));
  const length = Buffer.alloc(5, 0x80);
  length.writeUInt32BE(6_400, 1);
  const reader = createDumpReader({ keeps: false });
  const before = process.memoryUsage.rss();
  const found = [...reader.feed(Buffer.concat([head, length]))];
  let peak = 0;
  for (let n = 0; n < 64; n += 1) {
    // Cut anywhere but between two texts.
    for (const part of [piece.subarray(0, 3_000_001), piece.subarray(3_000_001)])
      found.push(...reader.feed(Buffer.from(part)));
    Bun.gc(true);
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  }
  found.push(...reader.feed(Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0])), ...reader.end());
  expect(found.map(({ key }) => `${key}`)).toEqual(["list"]);
  expect(peak).toBeLessThan(150e6);
});
