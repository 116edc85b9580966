/** Writes or reads a large object, and prints how much memory that took. Arguments: URL, `write` or `read`, bytes. */
import { readFileSync } from "node:fs";
import s3 from "../../../plugins/s3/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";

const [url = "", what = "", bytes = ""] = process.argv.slice(2);
const size = Number(bytes);
const options = { url, bucket: "shop", accessKeyId: "a", secretAccessKey: "s" };
const store = s3.store?.(createTestContext(s3, { options }));
const signal = new AbortController().signal;
const piece = new Uint8Array(1 << 20);

const resident = (name: "VmHWM" | "VmRSS"): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]) *
  1024;

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += piece.length) yield piece;
}

const hasher = new Bun.CryptoHasher("sha256");
for (let at = 0; at < size; at += piece.length) hasher.update(piece);
const before = resident("VmRSS");
if (what === "write")
  await store?.write({ name: "x", size, sha256: hasher.digest("hex"), bytes: pieces() }, signal);
else for await (const _ of store?.read("x", undefined, signal) ?? []);
console.log(JSON.stringify({ before, peak: resident("VmHWM") }));
