/** A store in memory, and everything that a test of copies needs beside it. */
import { type NewObject, PluginError, type Store, type StoredObject } from "contextcore";
import { generateKey } from "../../src/audit/format/note.ts";
import { createPlace, type Place } from "../../src/copies/place/place.ts";
import { asItIs } from "../../src/copies/write/outgoing.ts";
import { type CopyRequest, writeCopy } from "../../src/copies/write/write-copy.ts";
import { localStorage } from "../../src/storage/local.ts";

/** What is asked of a store, counted. */
export interface MemoryStore extends Store {
  readonly objects: Map<string, Uint8Array>;
  /** Bytes that were read, by object. */
  readonly fetched: Map<string, number>;
  /** Names in the order in which they were written. */
  readonly written: string[];
}

interface MemoryStoreOptions {
  /** Whether it knows the SHA-256 of what it keeps, as S3 does and a directory does not. */
  readonly hasSums?: boolean;
  /** Called before each write; may throw. */
  readonly onWrite?: (object: NewObject) => void | Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

export function memoryStore({ hasSums = false, onWrite }: MemoryStoreOptions = {}): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const fetched = new Map<string, number>();
  const written: string[] = [];
  const statOf = (name: string): StoredObject | undefined => {
    const bytes = objects.get(name);
    if (bytes === undefined) return undefined;
    return { name, size: bytes.length, modified: 0n, ...(hasSums ? { sha256: sha256(bytes) } : {}) };
  };
  return {
    objects,
    fetched,
    written,
    async *list(prefix) {
      for (const name of [...objects.keys()].reverse()) {
        const found = name.startsWith(prefix) ? statOf(name) : undefined;
        if (found !== undefined) yield found;
      }
    },
    stat: async (name) => statOf(name),
    async *read(name, range) {
      const bytes = objects.get(name);
      if (bytes === undefined) throw new PluginError("not-found", `there is no ${name}`);
      const { from, to } = range ?? { from: 0, to: bytes.length };
      if (to > bytes.length) throw new PluginError("invalid", `${name} ends before ${to}`);
      fetched.set(name, (fetched.get(name) ?? 0) + to - from);
      for (let at = from; at < to; at += 70_001) yield bytes.slice(at, Math.min(to, at + 70_001));
    },
    async write(object, signal) {
      await onWrite?.(object);
      const bytes = Buffer.concat(await Array.fromAsync(object.bytes));
      signal.throwIfAborted();
      if (bytes.length !== object.size || sha256(bytes) !== object.sha256)
        throw new PluginError("invalid", `${object.name} does not match its checksum`);
      if (object.ifAbsent && objects.has(object.name)) return "there already";
      objects.set(object.name, bytes);
      written.push(object.name);
      return "written";
    },
    remove: async (name) => void objects.delete(name),
  };
}

export const { signal } = new AbortController();

/** The project's key. */
export const KEY = generateKey("contextcore/audit/host/shop");
/** Somebody else's. */
export const FOREIGN = generateKey("contextcore/audit/elsewhere/shop");

export const placeOf = (store: Store): Place =>
  createPlace("offsite", store, {
    signal,
    concurrency: 4,
    tuning: {
      retry: {
        attempts: 2,
        attemptsOverload: 2,
        attemptsTimedOut: 1,
        baseMs: 1,
        capMs: 1,
        retryAfterMaxMs: 1,
      },
    },
  });

/** Copies the snapshot at `path` under its own name. */
export const copyTo = (store: Store, path: string, more: Partial<CopyRequest> = {}) =>
  writeCopy({
    snapshot: localStorage(path),
    name: path.slice(path.lastIndexOf("/") + 1),
    place: placeOf(store),
    form: asItIs,
    key: KEY,
    by: { tool: "contextcore test", host: "host", user: "user" },
    now: () => "2026-01-24T15:00:00Z",
    signal,
    ...more,
  });
