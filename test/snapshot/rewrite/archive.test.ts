/** Contents that lines name lie in an archive: those of lines that go are overwritten there, and `tar` still reads the rest. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fakeBackend } from "../../export/fake-backend.ts";
import { runExport, scratch } from "../../export/run.ts";
import { everything, rewritten } from "./rewriting.ts";

const ID = "alice-4711";
const LONG = `${"deep/".repeat(25)}${ID}/letter`;
const FILES: Readonly<Record<string, string>> = {
  [`home/${ID}/notes`]: "what she wrote\n",
  [LONG]: "what she sent\n",
  "home/others/notes": `what ${ID.length} others wrote\n`,
  "home/shared": "what everybody wrote\n",
  [`home/${ID}/shared`]: "what everybody wrote\n",
};

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");

function tarOf(directory: string): Buffer {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const { stdout } = Bun.spawnSync(["tar", "-c", "--format=pax", "-C", directory, "home", "deep"]);
  return stdout;
}

/** A tree as the plugin `files` saves one. */
function treeOf(tar: Buffer) {
  const line = ([path, text]: [string, string]): string => {
    const content = {
      file: "files/a.tar",
      offset: tar.indexOf(text),
      bytes: text.length,
      sha256: sha256(text),
    };
    return `${JSON.stringify({ type: "file", path, size: text.length, content })}\n`;
  };
  const lines = Object.entries(FILES).map(line);
  const range = { from: 0n, to: 1n };
  const tree = {
    file: "files/tree.jsonl",
    text: lines.join(""),
    lines: lines.length,
    ...range,
    counts: { files: 5 },
  };
  const seen = Object.keys(FILES).map((path) => `${JSON.stringify({ path, seen: "1 2 3" })}\n`);
  const known = { file: "files/seen.jsonl", text: seen.join(""), lines: seen.length, ...range, counts: {} };
  const archive = { kind: "bytes", file: "files/a.tar", bytes: tar, isContent: true } as const;
  return fakeBackend({
    name: "files",
    signals: ["files"],
    hooks: {
      count: undefined as never,
      export: {
        start: async () => ({ cursors: [{ all: true }] }),
        step: async () => ({ records: [archive, tree, known] }),
      },
    },
  });
}

test("contents and names in an archive go with the lines that name them, unless another line names the same", async () => {
  using directory = scratch();
  const tar = tarOf(join(directory.path, "tree"));
  const { path: before } = await runExport(directory.path, [treeOf(tar)]);
  const placed = await rewritten(before, {
    isGone: (_, { content }) => content.includes(ID),
    blot: (text) => text.replaceAll(ID, "-"),
  });
  const after = placed?.path ?? "";
  expect(placed?.removed.counts).toEqual({ files: 3 });
  expect(everything(after)).not.toContain(ID);
  expect(everything(after)).not.toContain("what she");
  const archive = readFileSync(join(after, "files/a.tar"));
  expect(archive.length).toBe(tar.length);
  const listed = Bun.spawnSync(["tar", "-tf", join(after, "files/a.tar")]).stdout.toString();
  expect(listed).toContain("home/others/notes\nhome/shared\n".split("\n")[0] ?? "");
  const shared = Bun.spawnSync(["tar", "-xOf", join(after, "files/a.tar"), "home/shared"]).stdout.toString();
  expect(shared).toBe("what everybody wrote\n");
});
