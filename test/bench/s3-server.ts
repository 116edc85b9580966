/**
 * The bench's bucket, a process of its own: the look-alike of S3 behind a link of so many bytes a second (`--rate`, 0: as fast as
 * it can). `DELETE /` empties it; `GET /` says how many bytes of objects it has given since.
 */
import { parseArgs } from "node:util";
import { createS3 } from "../lab/s3/index.ts";

const { values } = parseArgs({ options: { rate: { type: "string", default: "0" } } });
const rate = Number(values.rate);

const lab = createS3();
const given = new Map<string, number>();
let linkIsFreeAt = 0;

/** Ends when a link of this rate would have carried so many bytes, after all that it carries already. */
async function carried(bytes: number): Promise<void> {
  if (rate === 0) return;
  const now = performance.now();
  linkIsFreeAt = Math.max(now, linkIsFreeAt) + (bytes / rate) * 1_000;
  await Bun.sleep(linkIsFreeAt - now);
}

function clear(): Response {
  lab.objects.clear();
  lab.heard.length = 0;
  given.clear();
  return new Response();
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  development: false,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return request.method === "DELETE" ? clear() : Response.json([...given]);
    const answer = await lab.handle(request);
    lab.heard.length = 0;
    if (request.method !== "GET") {
      await carried(Number(request.headers.get("content-length") ?? 0));
      return answer;
    }
    const bytes = await answer.bytes();
    if (answer.ok) given.set(pathname, (given.get(pathname) ?? 0) + bytes.length);
    await carried(bytes.length);
    return new Response(bytes, answer);
  },
});
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.port}` }));
