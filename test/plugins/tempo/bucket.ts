/** As much of S3 as reading a bucket takes: list with pages, HEAD, GET of a part. Path style, no signatures checked. */
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** Serves a directory as a bucket's objects below a prefix. */
export function serveBucket(name: string, directory: string, prefix: string) {
  const keys = filesIn(directory).map((file) => `${prefix}/${relative(directory, file)}`);
  const bucket = { url: "", refuse: false };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (bucket.refuse) return failure(403, "AccessDenied");
      const key = decodeURIComponent(pathname.slice(name.length + 2));
      if (key === "") return list(keys, searchParams, directory, prefix);
      if (!keys.includes(key)) return failure(404, "NoSuchKey");
      return part(Bun.file(join(directory, key.slice(prefix.length + 1))), request);
    },
  });
  bucket.url = `http://127.0.0.1:${server.port}`;
  return Object.assign(bucket, { [Symbol.asyncDispose]: () => server.stop(true) });
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesIn(path) : [path];
    })
    .sort();
}

/** Two keys a page, so that the pages are used. */
const PAGE = 2;

function list(keys: readonly string[], params: URLSearchParams, directory: string, prefix: string): Response {
  const wanted = keys.filter((key) => key.startsWith(params.get("prefix") ?? ""));
  const start = Number(params.get("continuation-token") ?? 0);
  const page = wanted.slice(start, start + PAGE);
  const contents = page.map((key) => {
    const { size, mtime } = statSync(join(directory, key.slice(prefix.length + 1)));
    return `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>${mtime.toISOString()}</LastModified></Contents>`;
  });
  const isTruncated = start + PAGE < wanted.length;
  const next = isTruncated ? `<NextContinuationToken>${start + PAGE}</NextContinuationToken>` : "";
  return xml(
    200,
    `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
  );
}

const xml = (status: number, body: string): Response =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
    status,
    headers: { "content-type": "application/xml" },
  });

const failure = (status: number, code: string): Response =>
  xml(status, `<Error><Code>${code}</Code></Error>`);

function part(file: Bun.BunFile, request: Request): Response {
  const headers = { etag: '"1"', "last-modified": new Date(0).toUTCString() };
  if (request.method === "HEAD") {
    return new Response(null, { headers: { ...headers, "content-length": String(file.size) } });
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
  if (from === undefined) return new Response(file, { headers });
  const end = to === undefined || to === "" ? file.size : Number(to) + 1;
  return new Response(file.slice(Number(from), end), { status: 206, headers });
}
