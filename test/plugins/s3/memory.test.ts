/** An object of any size is written and read in the memory of a few of its parts. */
import { expect, test } from "bun:test";
import { resolve } from "node:path";

const BYTES = 400 << 20;

/** Takes whatever is sent, keeps nothing, and gives as much as is asked for. */
function endless() {
  const piece = new Uint8Array(1 << 20);
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      for await (const _ of request.body ?? []);
      const etag = { etag: '"x"', "last-modified": new Date().toUTCString() };
      if (request.method === "PUT") return new Response(null, { headers: etag });
      if (request.method === "POST")
        return new Response(
          new URL(request.url).searchParams.has("uploads")
            ? "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            : "<CompleteMultipartUploadResult/>",
        );
      let left = BYTES;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (left === 0) return controller.close();
            controller.enqueue(piece);
            left -= piece.length;
          },
        }),
        { headers: { ...etag, "content-length": String(BYTES) } },
      );
    },
  });
}

test.each(["write", "read"])(
  "%s",
  async (what) => {
    using server = endless();
    const url = server.url.href.replace(/\/$/, "");
    const script = resolve(import.meta.dir, "memory-child.ts");
    const child = Bun.spawn([process.execPath, script, url, what, String(BYTES)], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const { before, peak }: { before: number; peak: number } = JSON.parse(
      await new Response(child.stdout).text(),
    );
    expect(peak - before).toBeLessThan(150 << 20);
  },
  120_000,
);
