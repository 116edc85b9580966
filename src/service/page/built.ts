/** The page as it is sent: its files with their types, each compressed once. */
import * as v from "valibot";
import { packedPage } from "./built.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const PACKED: string = packedPage();

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Of its content, in quotation marks. */
  readonly tag: string;
}

/** The page. */
export interface Page {
  /** What every address of the page answers. */
  readonly shell: PageFile;
  /** By name; a name that was ever given out stands for the same content for ever. */
  readonly files: ReadonlyMap<string, PageFile>;
}

const packedSchema = v.object({
  shell: v.string(),
  files: v.array(v.object({ name: v.string(), text: v.string() })),
});

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Unpacks the page. */
export function readPage(): Page {
  const text = Buffer.from(Bun.zstdDecompressSync(Buffer.from(PACKED, "base64"))).toString();
  const { shell, files } = v.parse(packedSchema, JSON.parse(text));
  return {
    shell: fileOf("index.html", shell),
    files: new Map(files.map(({ name, text }) => [name, fileOf(name, text)])),
  };
}

function fileOf(name: string, text: string): PageFile {
  const plain = new TextEncoder().encode(text);
  const hash = new Bun.CryptoHasher("sha256").update(plain).digest("base64url").slice(0, 22);
  const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return { type, plain, gzip: Bun.gzipSync(plain, { level: 9 }), tag: `"${hash}"` };
}
