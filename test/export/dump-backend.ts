/** A backend in memory that keeps files of any content, and dumps that can only be read from their beginning. */
import { type Backend, type Cursor, type RestoreFile, type Step, v } from "contextcore";
import type { OpenBackend } from "../../src/host/open.ts";

export interface Dumps {
  /** Small files by path below `fake/`, each of one step. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Dumps by path, each of one cursor that is read as a whole. */
  readonly dumps?: Readonly<Record<string, Uint8Array>>;
  readonly pieceBytes?: number;
  readonly temporaryBytes?: number;
  /** Called before each piece of a dump, with its number and how often the dump was begun before; it may throw, or wait. */
  readonly onPiece?: (piece: number, attempt: number) => void | Promise<void>;
}

/** Bytes that repeat nowhere soon, with newlines and zeros among them. */
export const noise = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => ((at + seed) * 2_654_435_761) >>> 24);

/** Opens it. `taken` has what was restored, by path. */
export function dumpBackend({
  files = {},
  dumps = {},
  pieceBytes = 10_000,
  temporaryBytes,
  onPiece = () => {},
}: Dumps): OpenBackend & { readonly taken: Map<string, Uint8Array> } {
  const attempts = new Map<string, number>();
  const taken = new Map<string, Uint8Array>();

  async function* read({ dump }: Cursor): AsyncGenerator<Step> {
    const file = String(dump);
    const whole = dumps[file] ?? new Uint8Array(0);
    const attempt = attempts.get(file) ?? 0;
    attempts.set(file, attempt + 1);
    for (let at = 0, piece = 0; at < whole.length || piece === 0; at += pieceBytes, piece += 1) {
      await onPiece(piece, attempt);
      const bytes = whole.slice(at, at + pieceBytes);
      const counts = piece === 0 ? { dumps: 1 } : {};
      yield { records: [{ kind: "bytes", file: `fake/${file}`, bytes, counts }] };
    }
    yield { notes: { read: "as a whole" } };
  }

  const step = async ({ file }: Cursor): Promise<Step> => {
    const bytes = files[String(file)] ?? new Uint8Array(0);
    const half = bytes.length >> 1;
    const path = `fake/${file}`;
    return {
      records: [
        { kind: "bytes", file: path, bytes: bytes.slice(0, half), counts: { files: 1 } },
        { kind: "bytes", file: path, bytes: bytes.slice(half) },
      ],
    };
  };

  async function applyBytes({ file, size }: RestoreFile, bytes: AsyncIterable<Uint8Array>) {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) pieces.push(piece.slice());
    const whole = Buffer.concat(pieces);
    if (whole.length !== size)
      throw new Error(`${file} has ${whole.length} bytes, and ${size} were announced`);
    taken.set(file, whole);
    return { written: { files: 1 } };
  }

  const space = temporaryBytes === undefined ? {} : { temporaryBytes };
  const backend: Backend = {
    inventory: async () => ({ signals: [], importance: "high" }),
    size: async () => ({ bytes: 1, source: "estimate", how: "a guess" }),
    export: {
      start: async () => ({
        cursors: [
          ...Object.keys(files).map((file) => ({ file })),
          ...Object.keys(dumps).map((dump) => ({ dump, restart: "whole", ...space })),
        ],
      }),
      step,
      read,
    },
    restore: { preflight: async () => [], apply: async () => ({ written: {} }), applyBytes },
  };
  return { name: "fake", plugin: { name: "fake", about: "dumps", options: v.object({}) }, backend, taken };
}
