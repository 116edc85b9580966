/** A store in memory: right in everything, and easy to break in one thing. */
import {
  given,
  type LifecycleRule,
  type NewObject,
  PluginError,
  requireObjectName,
  type Store,
} from "../../src/contract/contextcore.ts";

/** @param objects where they are kept */
export function memoryStore(objects = new Map<string, Uint8Array>()): Store {
  const known = (name: string) => {
    const bytes = objects.get(name);
    return bytes === undefined ? undefined : { name, size: bytes.length, modified: now() };
  };
  return {
    async *list(prefix) {
      for (const name of [...objects.keys()].filter((one) => one.startsWith(prefix))) {
        const found = known(name);
        if (found !== undefined) yield found;
      }
    },
    stat: async (name) => known(requireObjectName(name)),
    async *read(name, range) {
      const bytes = objects.get(requireObjectName(name));
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
    remove: async (name) => void objects.delete(requireObjectName(name)),
  };
}

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** The same, which can lock objects and has rules for those that age. @param rules those that are in force */
export function lockingStore(objects = new Map<string, Uint8Array>(), rules: LifecycleRule[] = []): Store {
  const store = memoryStore(objects);
  const locks = new Map<string, bigint>();
  const requireFree = (name: string): void => {
    const until = locks.get(name) ?? 0n;
    if (until > now()) throw new PluginError("refused", `acme/memory: ${name} is locked until ${until}`);
  };
  const stat: Store["stat"] = async (name, signal) => {
    const found = await store.stat(name, signal);
    const retainedUntil = locks.get(name);
    return found === undefined ? undefined : { ...found, ...given({ retainedUntil }) };
  };
  return {
    ...store,
    stat,
    async write(object, signal) {
      if (!object.ifAbsent) requireFree(object.name);
      const said = await store.write(object, signal);
      if (said === "written" && object.retainUntil !== undefined) locks.set(object.name, object.retainUntil);
      return said;
    },
    async remove(name, signal) {
      requireFree(name);
      await store.remove(name, signal);
    },
    async retainUntil(name, until) {
      if ((locks.get(name) ?? 0n) > until) throw new PluginError("refused", "acme/memory: no shorter lock");
      locks.set(name, until);
    },
    lifecycle: {
      read: async () => [...rules],
      write: async (own) => void rules.splice(0, rules.length, ...own),
    },
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
