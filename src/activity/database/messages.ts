/** Messages, each kept once: what a conversation repeats with every request is there once. */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json } from "../../units/json.ts";
import type { Message, Part } from "../format/run.ts";

/** Smaller ones do not become smaller. Bytes */
const COMPRESSED_FROM = 1_024;
/** A message that was kept within bounds is never larger, whatever the file says. Bytes */
const MESSAGE_MAX = 64 << 20;

/** Keeps messages. @returns how one is kept: it gives its number */
export function createMessageWriter(database: DatabaseSync): (message: Message) => number {
  const find = database.prepare("SELECT number FROM messages WHERE hash = ?");
  const insert = database.prepare(
    "INSERT INTO messages (hash, role, coding, body, bytes) VALUES (?, ?, ?, ?, ?)",
  );
  const index = database.prepare("INSERT INTO message_text (rowid, text) VALUES (?, ?)");
  return (message) => {
    const json = Buffer.from(canonicalJson(asJson(message)));
    const hash = createHash("sha256").update(json).digest();
    const known = find.get(hash)?.number;
    if (typeof known === "number") return known;
    const isLarge = json.length > COMPRESSED_FROM;
    const body = isLarge ? zstdCompressSync(json) : json;
    const { lastInsertRowid } = insert.run(hash, message.role, isLarge ? "zstd" : "json", body, json.length);
    index.run(lastInsertRowid, message.parts.map(wordsOf).join("\n"));
    return Number(lastInsertRowid);
  };
}

/** A message as it is kept. */
interface MessageRow {
  readonly coding: string;
  readonly body: Uint8Array;
}

/** @throws Error when the database does not hold what was written */
export function readMessage({ coding, body }: MessageRow): Message {
  const json = coding === "zstd" ? zstdDecompressSync(body, { maxOutputLength: MESSAGE_MAX }) : body;
  return JSON.parse(Buffer.from(json).toString());
}

const asJson = (message: Message): Json => ({
  ...message,
  parts: message.parts.map((part) => ({ ...part })),
});

/** What is searched for. */
function wordsOf(part: Part): string {
  if (part.type === "text" || part.type === "reasoning") return part.text;
  if (part.type === "uri") return part.uri;
  if (part.type === "tool_call") return `${part.name} ${textOf(part.arguments)}`;
  return part.type === "tool_call_response" ? textOf(part.response) : "";
}

const textOf = (value: Json | undefined): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
