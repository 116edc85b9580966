/** Writes a dump anew without some of its keys. */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { sleep } from "contextcore";
import { createCrc64 } from "./crc64.ts";

/** A part of a file, bytes from its beginning. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const PIECE = 1 << 20;
const CHECKSUM = 8;

/** Takes parts out of a dump, which gets a new checksum unless it has none. @param spans in order */
export async function withoutSpans(path: string, spans: readonly Span[], signal: AbortSignal): Promise<void> {
  const draft = `${path}~anew`;
  try {
    const files = { from: openSync(path, "r"), to: openSync(draft, "w", 0o600) };
    try {
      await copyBetween(files, spans, signal);
    } finally {
      closeSync(files.from);
      closeSync(files.to);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

interface Files {
  readonly from: number;
  readonly to: number;
}

async function copyBetween(files: Files, spans: readonly Span[], signal: AbortSignal): Promise<void> {
  const end = fileSize(files.from) - CHECKSUM;
  const crc = createCrc64();
  const starts = [0, ...spans.map(({ to }) => to)];
  for (const [n, start] of starts.entries())
    for (const piece of piecesOf(files.from, start, spans[n]?.from ?? end)) {
      crc.update(piece);
      writeAll(files.to, piece);
      await sleep(0, signal);
    }
  const [sum = new Uint8Array()] = piecesOf(files.from, end, end + CHECKSUM);
  // A server that is configured to compute none writes zeros.
  writeAll(files.to, sum.every((byte) => byte === 0) ? sum : crc.digest());
}

const fileSize = (file: number): number => fstatSync(file).size;

function* piecesOf(file: number, from: number, to: number): Generator<Uint8Array> {
  for (let at = from; at < to; ) {
    const buffer = Buffer.alloc(Math.min(PIECE, to - at));
    const read = readSync(file, buffer, 0, buffer.length, at);
    if (read === 0) return;
    at += read;
    yield buffer.subarray(0, read);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
