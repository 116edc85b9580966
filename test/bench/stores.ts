/**
 * `bun test/bench/stores.ts [--objects N] [--size BYTES]`: writes and reads of objects through the stores, beside the barest
 * loops that move the same bytes in the same run: for `s3` PUTs to Ceph's gateway whose payload is not even hashed, for
 * `directory` files that are written and synced.
 */
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import directory from "../../plugins/directory/index.ts";
import s3 from "../../plugins/s3/index.ts";
import { signed } from "../../plugins/s3/sign.ts";
import { createTestContext } from "../../src/conformance/testing.ts";
import type { NewObject, Store } from "../../src/contract/contextcore.ts";
import { runRadosgw, type S3Server } from "../support/s3-processes.ts";
import { median } from "./run.ts";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "32" },
    size: { type: "string", default: String(8 << 20) },
  },
});
const [objects, size] = [Number(values.objects), Number(values.size)];
const ROUNDS = 5;
const AT_ONCE = 4;
const NEVER = new AbortController().signal;

const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)));
const body = new Uint8Array(size).map((_, at) => bytes[at % bytes.length] ?? 0);
const sha256 = new Bun.CryptoHasher("sha256").update(body).digest("hex");

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += 1 << 20) yield body.subarray(at, at + (1 << 20));
}

const objectOf = (name: string): NewObject => ({ name, size, sha256, bytes: pieces() });

/** MB/s of all objects, a few at once. */
async function rateOf(work: (at: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const waiting = Array.from({ length: objects }, (_, at) => at).values();
  const run = async (): Promise<void> => {
    for (const at of waiting) await work(at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return (objects * size) / 1e6 / ((performance.now() - began) / 1000);
}

/** The two in turn, so that what else runs on the machine is in both. */
async function compare(
  what: string,
  ours: (at: number) => Promise<unknown>,
  bare: (at: number) => Promise<unknown>,
): Promise<void> {
  const rates: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) rates.push([await rateOf(ours), await rateOf(bare)]);
  const [own, other] = [median(rates.map(([one]) => one)), median(rates.map(([, one]) => one))];
  const ratio = median(rates.map(([one, two]) => one / two));
  console.log(
    `${what.padEnd(22)}${own.toFixed(0).padStart(6)} MB/s   bare ${other.toFixed(0).padStart(6)} MB/s   ratio ${ratio.toFixed(2)}   0.9`,
  );
}

async function drained(read: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of read);
}

async function benchDirectory(): Promise<void> {
  const [path, other] = [join(scratch, "ours"), scratch];
  const store = directory.store?.(createTestContext(directory, { options: { path } })) as Store;
  await mkdir(join(other, "bare"));
  await compare(
    "directory: write",
    (at) => store.write(objectOf(`ours/${at}`), NEVER),
    async (at) => {
      const file = await open(join(other, "bare", String(at)), "w");
      await file.writeFile(body);
      await file.sync();
      await file.close();
    },
  );
  await compare(
    "directory: read",
    (at) => drained(store.read(`ours/${at}`, undefined, NEVER)),
    (at) => drained(Bun.file(join(other, "bare", String(at))).stream()),
  );
}

/** One call whose payload nobody has hashed. */
function bareCall(server: S3Server, method: string, path: string): Promise<Response> {
  const { url, accessKeyId, secretAccessKey } = server.options;
  const headers = signed(
    { method, host: new URL(url).host, path, query: "", headers: {}, bodySha256: "UNSIGNED-PAYLOAD" },
    { keys: { accessKeyId, secretAccessKey }, region: "us-east-1", now: new Date() },
  );
  return fetch(url + path, { method, headers, ...(method === "PUT" ? { body } : {}) });
}

async function benchS3(): Promise<void> {
  const folder = join(scratch, "ceph");
  await mkdir(folder);
  const server = await runRadosgw(folder);
  try {
    await benchBucket(server);
  } finally {
    await server.stop();
  }
}

async function benchBucket(server: S3Server): Promise<void> {
  await server.makeBucket("bench");
  const options = { ...server.options, bucket: "bench" };
  const store = s3.store?.(createTestContext(s3, { options })) as Store;
  await compare(
    "s3: write",
    (at) => store.write(objectOf(`ours/${at}`), NEVER),
    async (at) => {
      const answer = await bareCall(server, "PUT", `/bench/bare/${at}`);
      if (!answer.ok) throw new Error(`the bare PUT was answered with ${answer.status}`);
      await answer.text();
    },
  );
  await compare(
    "s3: read",
    (at) => drained(store.read(`ours/${at}`, undefined, NEVER)),
    async (at) => drained((await bareCall(server, "GET", `/bench/bare/${at}`)).body ?? new ReadableStream()),
  );
}

const scratch = await mkdtemp(join(tmpdir(), "contextcore-bench-"));
try {
  console.log(`${objects} objects of ${(size / 1e6).toFixed(1)} MB, ${AT_ONCE} at once, ${ROUNDS} rounds`);
  await benchDirectory();
  await benchS3();
} finally {
  await rm(scratch, { recursive: true, force: true });
}
