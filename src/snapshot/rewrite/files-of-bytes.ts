/** The files of bytes of a snapshot that is written anew: databases, dumps, archives. Each is changed as a whole, before the rest. */
import type { Counts, Json } from "../../contract/contract.ts";
import type { EditedFile } from "../../storage/edited-file.ts";
import { openEdited } from "../../storage/edited-file.ts";
import type { Storage } from "../../storage/storage.ts";
import { type Block, fileOf } from "../format/block.ts";
import { kindOf } from "../format/file-totals.ts";
import { linesOf } from "../format/lines.ts";
import type { Manifest } from "../format/manifest.ts";
import type { ByteReader } from "../read/byte-reader.ts";
import { readBlock } from "../read/reader.ts";
import { blotNames, zeroParts } from "./archive.ts";
import { type ContentPart, lineRecordsOf, namedPart } from "./records.ts";
import type { FileAsked, Rewriting } from "./rewriting.ts";
import { sourceLines } from "./source.ts";
import { type ChangedFile, changedFile } from "./unpacked.ts";

/** A file of bytes that is not as it was. */
export interface RewrittenBytes extends ChangedFile {
  readonly plugin: string;
  /** How many records are gone, by unit; of an archive none, since they are counted with the lines that named them. */
  readonly gone: Counts;
}

/** From where to where. */
interface BytesOptions {
  readonly source: Storage;
  readonly manifest: Manifest;
  readonly reader: ByteReader;
  readonly into: Storage;
  readonly rewriting: Rewriting;
  readonly signal: AbortSignal;
}

interface OneFile {
  readonly plugin: string;
  readonly blocks: Block[];
}

/** Changes them. @returns those that are changed, by the name of the stored file */
export async function rewrittenBytes(options: BytesOptions): Promise<Map<string, RewrittenBytes>> {
  const { without = [], bytes, isGone, blot } = options.rewriting;
  const changed = new Map<string, RewrittenBytes>();
  if (bytes === undefined && isGone === undefined && blot === undefined) return changed;
  const files = [...(await filesOfBytes(options))].filter(([, { plugin }]) => !without.includes(plugin));
  const archives = new Set(
    files.filter(([, { blocks }]) => blocks[0]?.content).map(([, { plugin }]) => plugin),
  );
  const gone = await partsGone(options, archives);
  for (const [name, { plugin, blocks }] of files) {
    const [first] = blocks;
    if (first === undefined) continue;
    const of = { plugin, file: fileOf(first), kind: "bytes" as const };
    const parts = gone.get(plugin)?.filter((one) => one.file === of.file);
    const change = first.content ? parts && scrubbing(parts, blot) : editing(of, options);
    const one = change && (await changedFile(blocks, change, options));
    if (one !== undefined) changed.set(name, { ...one, plugin, gone: first.content ? {} : one.gone });
  }
  return changed;
}

async function filesOfBytes({ source, manifest, rewriting }: BytesOptions): Promise<Map<string, OneFile>> {
  const { isConcerned = () => true } = rewriting;
  const files = new Map<string, OneFile>();
  if (!manifest.plugins.some((plugin) => plugin.files.some(({ kind }) => kind === "bytes"))) return files;
  const concerned = new Set<string>();
  for await (const { plugin, block, number } of sourceLines(source, manifest)) {
    if (block === undefined || kindOf(block) !== "bytes") continue;
    const known = files.get(block.file) ?? { plugin, blocks: [] };
    known.blocks.push(block);
    files.set(block.file, known);
    // What of an archive goes is known by the lines that name it.
    if (block.content || isConcerned(number)) concerned.add(block.file);
  }
  return new Map([...files].filter(([file]) => concerned.has(file)));
}

type Change = (path: string) => Promise<Counts>;

function editing(of: FileAsked, { rewriting: { bytes } }: BytesOptions): Change | undefined {
  if (bytes === undefined) return undefined;
  return async (path) => {
    const gone = await bytes(of, path);
    const counts = typeof gone === "number" ? { records: gone } : gone;
    return Object.fromEntries(Object.entries(counts).filter(([, amount]) => amount > 0));
  };
}

function scrubbing(parts: readonly ContentPart[], blot: Rewriting["blot"]): Change {
  return async (path) => {
    const file: EditedFile = await openEdited(path);
    try {
      const zeroed = await zeroParts(file, parts);
      const blotted = blot === undefined ? 0 : await blotNames(file, blot);
      return zeroed + blotted === 0 ? {} : { parts: zeroed + blotted };
    } finally {
      await file.close();
    }
  };
}

/** The parts that only lines name which go, by plugin, if any line of it goes. A line that stays may name the same part. */
async function partsGone(
  options: BytesOptions,
  plugins: ReadonlySet<string>,
): Promise<Map<string, readonly ContentPart[]>> {
  const concerned = new Set<string>();
  const gone = new Map<string, Named>();
  if (plugins.size === 0 || options.rewriting.isGone === undefined) return new Map();
  for await (const one of linesOfAll(options, plugins, true)) {
    if (!one.goes) continue;
    concerned.add(one.plugin);
    if (one.content !== undefined) gone.set(keyOf(one), one);
  }
  if (gone.size > 0)
    for await (const one of linesOfAll(options, concerned, false)) if (!one.goes) gone.delete(keyOf(one));
  const left = [...gone.values()];
  const partsOf = (plugin: string) =>
    left.flatMap((one) => (one.plugin === plugin ? (one.content ?? []) : []));
  return new Map([...concerned].map((plugin) => [plugin, partsOf(plugin)]));
}

const keyOf = ({ plugin, content }: Named): string =>
  JSON.stringify([plugin, content?.file, content?.offset]);

interface Named {
  readonly plugin: string;
  /** What it names. */
  readonly content: ContentPart | undefined;
  readonly goes: boolean;
}

/** @param onlyConcerned leave out blocks in which nothing may go */
async function* linesOfAll(
  { source, manifest, reader, rewriting, signal }: BytesOptions,
  plugins: ReadonlySet<string>,
  onlyConcerned: boolean,
): AsyncGenerator<Named> {
  const { isGone = () => false, isConcerned = () => true } = rewriting;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for await (const { plugin, block, number } of sourceLines(source, manifest)) {
    signal.throwIfAborted();
    if (block === undefined || !plugins.has(plugin) || kindOf(block) !== "records") continue;
    const may = isConcerned(number);
    if (onlyConcerned && !may) continue;
    const of = { plugin, file: fileOf(block), kind: "records" as const };
    for (const line of linesOf(await readBlock(reader, block))) {
      const text = decoder.decode(line);
      const value: Json = JSON.parse(text);
      const goes = may && lineRecordsOf(of.file, value).some((record) => isGone(of, record));
      yield { plugin, content: namedPart(text), goes };
    }
  }
}
