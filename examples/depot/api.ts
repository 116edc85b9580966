/**
 * A made-up server that keeps objects under names, as its HTTP API is:
 *
 *     GET    /list?prefix=P&after=NAME   a page of objects by name
 *     GET    /about/NAME                 one of them, or 404 and `{"error":"absent"}`
 *     GET    /objects/NAME               its bytes; `Range: bytes=0-9` for some of them
 *     DELETE /objects/NAME
 *     POST   /uploads                    begins an upload
 *     PUT    /uploads/ID?at=N            bytes of it, from this place on
 *     DELETE /uploads/ID                 gives it up
 *     POST   /uploads/ID                 makes it the object of a name: 409 if that is taken and must not be, 422 if its bytes are others
 */
import {
  type ByteRange,
  checkShape,
  type HttpClient,
  type NewObject,
  PluginError,
  parseShape,
  v,
} from "contextcore";

const OBJECT = v.object({
  name: v.string(),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  modified: v.pipe(v.string(), v.isoTimestamp()),
  sha256: v.string(),
});
/** An object as the server describes it. */
export type Described = v.InferOutput<typeof OBJECT>;
const PAGE = v.object({ objects: v.array(OBJECT), more: v.boolean() });
const GONE = v.object({ error: v.literal("absent") });
const UPLOAD = v.object({ upload: v.pipe(v.string(), v.regex(/^[\w-]+$/)) });

const [ABSENT, TAKEN, OTHER_BYTES] = [404, 409, 422];

/** A name is many parts of a path, each of which may have any character. */
const inPath = (name: string): string => name.split("/").map(encodeURIComponent).join("/");

/** The calls of the API. What counts as an answer, though it is no success, is read to its end: its connection is then free again. */
export function createApi(http: HttpClient) {
  return {
    page: (prefix: string, after: string, signal: AbortSignal) =>
      http.json(PAGE, { path: "/list", query: { prefix, after }, signal }),
    async describe(name: string, signal: AbortSignal): Promise<Described | undefined> {
      const answer = await http.send({ path: `/about/${inPath(name)}`, accept: [ABSENT], signal });
      if (answer.status !== ABSENT) return checkShape("depot: an object", OBJECT, await answer.json());
      // A proxy in front of the server says 404, too, and an object that is taken for absent would be taken for lost.
      parseShape("depot: its answer that there is no such object", GONE, await answer.text());
      return undefined;
    },
    /** Not read whole: an object may be larger than the memory. */
    async read(
      name: string,
      { from, to }: ByteRange,
      signal: AbortSignal,
    ): Promise<AsyncIterable<Uint8Array>> {
      const headers = from === to ? {} : { Range: `bytes=${from}-${to - 1}`, "Accept-Encoding": "identity" };
      return (await http.send({ path: `/objects/${inPath(name)}`, headers, signal })).body;
    },
    async remove(name: string, signal: AbortSignal): Promise<void> {
      const path = `/objects/${inPath(name)}`;
      await (await http.send({ method: "DELETE", path, accept: [ABSENT], signal })).text();
    },
    begin: async (signal: AbortSignal) =>
      (await http.json(UPLOAD, { method: "POST", path: "/uploads", json: {}, signal })).upload,
    async append(upload: string, at: number, body: Uint8Array, signal: AbortSignal): Promise<void> {
      await (
        await http.send({ method: "PUT", path: `/uploads/${upload}`, query: { at }, body, signal })
      ).text();
    },
    async abandon(upload: string): Promise<void> {
      const path = `/uploads/${upload}`;
      await (await http.send({ method: "DELETE", path, accept: [ABSENT], timeoutMs: 5_000 })).text();
    },
    async commit(
      upload: string,
      object: NewObject,
      signal: AbortSignal,
    ): Promise<"written" | "there already"> {
      const { name, size, sha256, ifAbsent = false } = object;
      const json = { name, size, sha256, ifAbsent };
      const accept = [TAKEN, OTHER_BYTES];
      const answer = await http.send({ method: "POST", path: `/uploads/${upload}`, json, accept, signal });
      await answer.text();
      if (answer.status === OTHER_BYTES)
        throw new PluginError("invalid", `depot: ${name}: other bytes came than were meant`);
      return answer.status === TAKEN ? "there already" : "written";
    },
  };
}
/** See {@link createApi}. */
export type Api = ReturnType<typeof createApi>;
