/** Reads a compressed answer beside the bytes that pass. */
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

/** Takes bytes as they come, and gives them on as they were before they were compressed. */
export interface Inflater {
  take(bytes: Uint8Array): void;
  /** No more will come; what is still inside comes out before this is over. */
  end(): Promise<void>;
}

const CODINGS = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
} as const;

/** What comes out at most: a little that is compressed may become very much. Bytes */
const PLAIN_MAX = 64 << 20;

/** @param coding of the answer's Content-Encoding @returns `undefined` for one that is not known */
export function createInflater(
  coding: string | null,
  each: (bytes: Uint8Array) => void,
): Inflater | undefined {
  const name = (coding ?? "").trim().toLowerCase();
  if (name === "" || name === "identity") return { take: each, end: async () => {} };
  const make = Object.hasOwn(CODINGS, name) ? CODINGS[name as keyof typeof CODINGS] : undefined;
  return make === undefined ? undefined : inflating(make(), each);
}

function inflating(
  stream: ReturnType<(typeof CODINGS)[keyof typeof CODINGS]>,
  each: (bytes: Uint8Array) => void,
): Inflater {
  const over = Promise.withResolvers<void>();
  let [plain, isOver] = [0, false];
  const finish = (): void => {
    isOver = true;
    over.resolve();
  };
  stream.on("data", (bytes: Uint8Array) => {
    plain += bytes.length;
    if (plain <= PLAIN_MAX) each(bytes);
    else stream.destroy();
  });
  for (const event of ["end", "error", "close"]) stream.on(event, finish);
  return {
    take(bytes) {
      if (!isOver) stream.write(bytes);
    },
    end() {
      if (!isOver) stream.end();
      return over.promise;
    },
  };
}
