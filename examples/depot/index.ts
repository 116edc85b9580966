/** A store on a server over HTTP (`api.ts`): what a store promises, kept with requests that may fail at any moment. */
import {
  type ByteRange,
  definePlugin,
  fromRfc3339,
  type NewObject,
  option,
  PluginError,
  requireObjectName,
  type Store,
  type StoredObject,
  v,
} from "contextcore";
import { type Api, createApi, type Described } from "./api.ts";

export default definePlugin({
  name: "example/depot",
  about: "A store for snapshots, on a server over HTTP",
  version: "1.0.0",
  options: v.object({ ...option.serverOptions("http://localhost:8090") }),
  store: ({ http }): Store => {
    const api = createApi(http);
    return {
      list: (prefix, signal) => list(api, prefix, signal),
      async stat(name, signal) {
        const found = await api.describe(requireObjectName(name), signal);
        return found && known(found);
      },
      read: (name, range, signal) => read(api, requireObjectName(name), range, signal),
      write: (object, signal) => write(api, object, signal),
      remove: (name, signal) => api.remove(requireObjectName(name), signal),
    };
  },
});

const known = ({ modified, ...rest }: Described): StoredObject => ({
  ...rest,
  modified: fromRfc3339(modified),
});

/** Page by page. A server that gives the same page again would be asked for ever. */
async function* list(api: Api, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
  for (let after = "", more = true; more; ) {
    const page = await api.page(prefix, after, signal);
    for (const object of page.objects) {
      if (object.name <= after) throw new PluginError("invalid", `depot: ${object.name} came after ${after}`);
      after = object.name;
      yield known(object);
    }
    more = page.more && page.objects.length > 0;
  }
}

async function* read(
  api: Api,
  name: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { size } = (await api.describe(name, signal)) ?? {};
  if (size === undefined) throw new PluginError("not-found", `depot: there is no object ${name}`);
  const { from, to } = range ?? { from: 0, to: size };
  if (to > size) throw new PluginError("invalid", `depot: ${name} has ${size} bytes, and not ${to}`);
  let left = to - from;
  for await (const piece of await api.read(name, { from, to }, signal)) {
    left -= piece.length;
    // A server that does not heed the range would give something else in its place.
    if (left < 0) break;
    yield piece;
  }
  if (left !== 0)
    throw new PluginError(
      "temporary",
      `depot: ${name} came ${left > 0 ? "cut short" : "longer than asked for"}`,
    );
}

/** What is sent at once: a request is held in memory as a whole, and an object may be larger than that. */
const PART_BYTES = 4 << 20;

/** Parts go to an upload, which becomes the object at once or not at all. */
async function write(api: Api, object: NewObject, signal: AbortSignal): Promise<"written" | "there already"> {
  requireObjectName(object.name);
  const upload = await api.begin(signal);
  try {
    let at = 0;
    for await (const part of partsOf(object.bytes)) {
      await api.append(upload, at, part, signal);
      at += part.length;
    }
    // The server compares size and checksum, and whether the name is free, in one step: we could only do it one after the other.
    return await api.commit(upload, object, signal);
  } catch (error) {
    // Whether or not that succeeds, what is told is why nothing was written.
    await api.abandon(upload).catch(() => {});
    throw error;
  }
}

async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size < PART_BYTES) continue;
    yield Buffer.concat(held);
    [held, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(held);
}
