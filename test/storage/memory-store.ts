/** A store in memory: right in everything, and easy to break in one thing. */
import {
  type NewObject,
  PluginError,
  requireObjectName,
  type Store,
} from "../../src/contract/contextcore.ts";

/** @param objects where they are kept */
export function memoryStore(objects = new Map<string, Uint8Array>()): Store {
  const known = (name: string) => {
    const bytes = objects.get(name);
    return bytes === undefined ? undefined : { name, size: bytes.length, modified: 1n };
  };
  return {
    async *list(prefix) {
      for (const name of [...objects.keys()].filter((one) => one.startsWith(prefix))) {
        const found = known(name);
        if (found !== undefined) yield found;
      }
    },
    stat: async (name) => known(name),
    async *read(name, range) {
      const bytes = objects.get(name);
      if (bytes === undefined) throw new PluginError("not-found", `acme/memory: no ${name}`);
      const { from, to } = range ?? { from: 0, to: bytes.length };
      if (to > bytes.length) throw invalid("beyond the end");
      yield bytes.subarray(from, to);
    },
    async write(object, signal) {
      const { name, size, sha256, ifAbsent } = object;
      requireObjectName(name);
      const whole = await wholeOf(object, signal);
      const hash = new Bun.CryptoHasher("sha256").update(whole).digest("hex");
      if (whole.length !== size || hash !== sha256) throw invalid("other bytes");
      if (ifAbsent && objects.has(name)) return "there already";
      objects.set(name, whole);
      return "written";
    },
    remove: async (name) => void objects.delete(name),
  };
}

const invalid = (what: string): PluginError => new PluginError("invalid", `acme/memory: ${what}`);

async function wholeOf({ bytes }: NewObject, signal: AbortSignal): Promise<Buffer> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
  return Promise.race([collected(bytes), aborted.promise]);
}

const collected = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(bytes));
