/** Writes a large object into a bucket, says so when a part of it is there, and then waits to be killed. Arguments: URL, bucket. */
import s3 from "../../../plugins/s3/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";

const [url = "", bucket = ""] = process.argv.slice(2);
const options = { ...JSON.parse(process.env.KEYS ?? "{}"), url, bucket };
const store = s3.store?.(createTestContext(s3, { options }));

async function* bytes(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 12; piece += 1) yield new Uint8Array(1 << 20);
  console.log("a part is sent");
  await new Promise(() => setInterval(() => {}, 1_000));
}

await store?.write(
  { name: "large", size: 20 << 20, sha256: "0".repeat(64), bytes: bytes() },
  new AbortController().signal,
);
