import { chmod, lutimes, mkdir, open, readlink, symlink } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { PluginError, type RestoreAnswer, type Restorer, v } from "contextcore";
import { isWithin } from "./export.ts";
import { classified } from "./read-directory.ts";

const line = v.object({
  name: v.string(),
  kind: v.picklist(["file", "directory", "link"]),
  mode: v.number(),
  mtimeMs: v.optional(v.number()),
  target: v.optional(v.string()),
  offset: v.optional(v.number(), 0),
  content: v.optional(v.string(), ""),
});
type Line = v.InferOutput<typeof line>;

/** Writes the entries below the directory, and nowhere else. */
export const createRestorer = (root: string): Restorer => ({
  async preflight() {
    if (!root.endsWith(".tar")) return [];
    return [{ severity: "refuses", message: "A tar file is read, not written.", setting: "path" }];
  },

  /** Of a batch only what lies in the range that was asked for. */
  async apply({ lines, range }, signal): Promise<RestoreAnswer> {
    const entries = lines
      .map((text) => v.parse(line, JSON.parse(text)))
      .filter((entry) => isWithin(entry, range));
    for (const entry of entries) {
      signal.throwIfAborted();
      await classified(() => write(root, entry));
    }
    return {
      written: { files: entries.filter(({ kind, offset }) => kind === "file" && offset === 0).length },
    };
  },
});

async function write(root: string, entry: Line): Promise<void> {
  const path = inside(root, entry.name);
  await mkdir(entry.kind === "directory" ? path : dirname(path), { recursive: true });
  if (entry.kind === "file") await writePart(path, entry);
  if (entry.kind === "link") await link(path, entry.target ?? "");
  else await chmod(path, entry.mode);
  if (entry.mtimeMs !== undefined) await lutimes(path, new Date(entry.mtimeMs), new Date(entry.mtimeMs));
}

async function writePart(path: string, { offset, content }: Line): Promise<void> {
  await using file = await open(path, offset === 0 ? "w" : "r+");
  await file.write(Buffer.from(content, "base64"), 0, undefined, offset);
}

/** A batch may be applied again: a link that is there already and leads to the same place is left. */
async function link(path: string, target: string): Promise<void> {
  const present = await readlink(path).catch(() => undefined);
  if (present !== target) await symlink(target, path);
}

/** A snapshot is data: a name in it must not lead out of the directory. */
function inside(root: string, name: string): string {
  const path = resolve(root, name);
  if (path.startsWith(resolve(root) + sep)) return path;
  throw new PluginError("refused", `${JSON.stringify(name)} leads out of ${root}, and was not written`);
}
