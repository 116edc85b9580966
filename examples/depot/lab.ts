/** A look-alike of the server, in memory, for `contextcore plugin check` and the test. No other command loads it. */
import { defineLab, type LabServer, v } from "contextcore";

interface Kept {
  readonly bytes: Uint8Array;
  readonly modified: string;
}

const COMMIT = v.object({ name: v.string(), size: v.number(), sha256: v.string(), ifAbsent: v.boolean() });
const PAGE_LENGTH = 20;

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const status = (code: number): Response => Response.json({}, { status: code });

/** A server without objects. */
export function serve(objects = new Map<string, Kept>()): LabServer {
  const uploads = new Map<string, Uint8Array>();
  const about = (name: string, { bytes, modified }: Kept) => ({
    name,
    size: bytes.length,
    modified,
    sha256: sha256(bytes),
  });

  function page(prefix: string, after: string): Response {
    const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    const found = names.slice(0, PAGE_LENGTH).flatMap((name) => {
      const one = objects.get(name);
      return one === undefined ? [] : [about(name, one)];
    });
    return Response.json({ objects: found, more: names.length > PAGE_LENGTH });
  }

  function bytesOf(name: string, range: string | null): Response {
    const kept = objects.get(name);
    if (kept === undefined) return status(404);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    return from === undefined
      ? new Response(kept.bytes)
      : new Response(kept.bytes.slice(Number(from), Number(to) + 1), { status: 206 });
  }

  function commit(
    upload: string,
    { name, size, sha256: wanted, ifAbsent }: v.InferOutput<typeof COMMIT>,
  ): Response {
    const bytes = uploads.get(upload);
    if (bytes === undefined) return status(404);
    if (bytes.length !== size || sha256(bytes) !== wanted) return status(422);
    uploads.delete(upload);
    if (ifAbsent && objects.has(name)) return status(409);
    objects.set(name, { bytes, modified: new Date().toISOString() });
    return status(200);
  }

  function append(upload: string, at: number, more: Uint8Array): Response {
    const held = uploads.get(upload);
    if (held === undefined || held.length < at) return status(404);
    uploads.set(upload, Buffer.concat([held.subarray(0, at), more]));
    return status(200);
  }

  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const [, place = "", ...parts] = pathname.split("/");
      const name = parts.map(decodeURIComponent).join("/");
      switch (`${request.method} ${place}`) {
        case "GET list":
          return page(searchParams.get("prefix") ?? "", searchParams.get("after") ?? "");
        case "GET about": {
          const kept = objects.get(name);
          return kept === undefined
            ? Response.json({ error: "absent" }, { status: 404 })
            : Response.json(about(name, kept));
        }
        case "GET objects":
          return bytesOf(name, request.headers.get("range"));
        case "DELETE objects":
          return status(objects.delete(name) ? 200 : 404);
        case "DELETE uploads":
          return status(uploads.delete(name) ? 200 : 404);
        case "PUT uploads":
          return append(name, Number(searchParams.get("at")), new Uint8Array(await request.arrayBuffer()));
        case "POST uploads": {
          if (name !== "") return commit(name, v.parse(COMMIT, await request.json()));
          const upload = crypto.randomUUID();
          uploads.set(upload, new Uint8Array());
          return Response.json({ upload });
        }
        default:
          return status(404);
      }
    },
  };
}

export default defineLab({ filled: () => serve() });
