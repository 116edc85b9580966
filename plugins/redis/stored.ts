/** Keys of a dump that lies in a snapshot: found and listed in the unpacked file, and taken out of it. */
import { createReadStream } from "node:fs";
import {
  type Json,
  PluginError,
  parseShape,
  type StoredData,
  type StoredErasure,
  type StoredRecord,
  type UnpackedFile,
  v,
} from "contextcore";
import { canonical } from "./canonical.ts";
import { DUMP_FILE } from "./export.ts";
import { personPattern } from "./pattern.ts";
import { createDumpReader, type DumpedKey } from "./rdb.ts";
import { asSaved } from "./restore.ts";
import { type Span, withoutSpans } from "./without-keys.ts";

const reference = v.object({ database: v.number(), key: v.string() });

/** Needs no server. */
export const storedKeys: StoredData = {
  find: (file, { id, where }, signal) => recordsIn(file, personPattern(where, id).isTheirs, signal),
  records: (file, signal) => recordsIn(file, () => true, signal),
  async erase(file, references, signal): Promise<StoredErasure> {
    const named = new Set(references.map(nameIn));
    const spans: Span[] = [];
    for await (const { database, key, from, to } of keysIn(file, signal))
      if (named.has(nameOf(database, key.toString("base64")))) spans.push({ from, to });
    if (spans.length === 0) return { counts: {} };
    await withoutSpans(file.path, spans, signal);
    return { counts: { keys: spans.length } };
  },
};

function nameIn(one: Json): string {
  const { database, key } = parseShape("redis: a reference", reference, JSON.stringify(one));
  return nameOf(database, key);
}

const nameOf = (database: number, key: string): string => `${database} ${key}`;

async function* recordsIn(
  file: UnpackedFile,
  isWanted: (key: Buffer) => boolean,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord> {
  for await (const key of keysIn(file, signal)) if (isWanted(key.key)) yield recordOf(key);
}

interface VersionedKey extends DumpedKey {
  readonly version: number;
}

const PIECE = 1 << 20;

async function* keysIn({ file, path }: UnpackedFile, signal: AbortSignal): AsyncGenerator<VersionedKey> {
  if (file !== DUMP_FILE) throw new PluginError("invalid", `redis: ${file} is not a file that redis exports`);
  const reader = createDumpReader();
  const known = (keys: readonly DumpedKey[]): VersionedKey[] =>
    keys.map((key) => ({ ...key, version: reader.version() }));
  for await (const piece of createReadStream(path, { highWaterMark: PIECE, signal }))
    yield* known(reader.feed(piece));
  yield* known(reader.end());
}

function recordOf(found: VersionedKey): StoredRecord {
  const { database, key, dump, expires } = asSaved(found, found.version);
  const saved = {
    database,
    ...(expires !== undefined && { expires: `${expires}` }),
    key: nameForPeople(key),
    value: canonical(dump).toString("base64"),
  };
  return {
    ...{ unit: "keys", count: 1, where: `keys of database ${database}` },
    content: JSON.stringify(saved),
    reference: { database, key: key.toString("base64") },
  };
}

/** A name is text, as a rule. */
function nameForPeople(key: Buffer): Json {
  const text = key.toString();
  return Buffer.from(text).equals(key) ? text : { $base64: key.toString("base64") };
}
