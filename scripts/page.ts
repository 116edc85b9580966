/**
 * Builds the page of `web/`, and prints its files as one JSON object: what the program holds of it. It runs while the program is
 * compiled, and where that runs from source when the service starts.
 */
import { resolve } from "node:path";

const root = resolve(import.meta.dir, "..");

/** A file of the page, as it is sent. */
export interface BuiltFile {
  /** With a hash of its content in it: `main-abc123.js`. */
  readonly name: string;
  readonly text: string;
}

/** The page, built. */
export interface BuiltPage {
  /** What every address of the page answers. */
  readonly shell: string;
  /** What the shell loads, at once or later. */
  readonly files: readonly BuiltFile[];
}

/** The entry points, in the order in which the shell names them. */
const ENTRIES = ["web/theme.ts", "web/main.tsx", "web/icon.svg"];

/** Builds it. @throws AggregateError with what the bundler says */
export async function buildPage(): Promise<BuiltPage> {
  const { outputs } = await Bun.build({
    entrypoints: ENTRIES.map((entry) => resolve(root, entry)),
    root: resolve(root, "web"),
    target: "browser",
    format: "esm",
    splitting: true,
    minify: true,
    loader: { ".svg": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
    naming: { entry: "[name]-[hash].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
  });
  const files = await Promise.all(
    outputs.map(async (output) => ({
      name: output.path.replace(/^.*\//, ""),
      kind: output.kind,
      text: await output.text(),
    })),
  );
  const nameOf = (start: string, end: string): string => {
    const found = files.find(
      ({ name, kind }) => kind !== "chunk" && name.startsWith(`${start}-`) && name.endsWith(end),
    );
    if (found === undefined) throw new Error(`the page has no ${start}…${end}`);
    return `/assets/${found.name}`;
  };
  const template = await Bun.file(resolve(root, "web/index.html")).text();
  const shell = template.replaceAll(/\{\{(\w+)(\.\w+)\}\}/g, (_, start, end) => nameOf(start, end));
  return { shell, files: files.filter(({ text }) => text !== "").map(({ name, text }) => ({ name, text })) };
}

if (import.meta.main) console.log(JSON.stringify(await buildPage()));
