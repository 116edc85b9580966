/** Which paths a plugin may write in a snapshot, and how data files are named when they are split or compressed. */
import type { FileKind } from "./file-totals.ts";
import { SIGNAL_FORMATS } from "./signals.ts";

const TOP_LEVEL: ReadonlySet<string> = new Set(SIGNAL_FORMATS.map(({ file }) => file));

/** The plugin's own folder in a snapshot: `loki/`, `vendor/name/`. */
export const pluginFolder = (plugin: string): string => `${plugin}/`;

/** A path as a plugin names it, without its own folder. */
export const withoutFolder = (file: string, plugin: string): string =>
  file.startsWith(pluginFolder(plugin)) ? file.slice(pluginFolder(plugin).length) : file;

/** A file's name among those of all backends. A backend named like its plugin uses the plugin's names unchanged. @param file as its plugin names it */
export const sharedName = (
  { name, plugin }: { readonly name: string; readonly plugin?: string },
  file: string,
): string => (plugin === undefined ? file : `${name}/${withoutFolder(file, plugin)}`);

/**
 * Why a plugin may not write this path; `undefined` when it may. A data file may be one of the top-level ones. Everything
 * else is in the plugin's own folder, in path parts that every file system accepts.
 */
export function pathObjection(plugin: string, path: string, kind: FileKind): string | undefined {
  if (kind === "records" && TOP_LEVEL.has(path)) return undefined;
  const folder = pluginFolder(plugin);
  if (!path.startsWith(folder)) return `it is not in the folder ${folder}`;
  const wrong = path
    .slice(folder.length)
    .split("/")
    .find((part) => !isSafePart(part));
  return wrong === undefined ? undefined : `the part ${JSON.stringify(wrong)} is not a safe file name`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for control characters
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*]|^[. ]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** File systems accept 255 bytes; the rest is for a part number and `.zst`. */
const PART_BYTES_MAX = 230;

const isSafePart = (part: string): boolean =>
  part !== "" && Buffer.byteLength(part) <= PART_BYTES_MAX && !FORBIDDEN.test(part);

/** True for a path that stays inside the snapshot. A reader checks this before it opens anything, since anybody may have written the path. */
export const staysInside = (path: string): boolean =>
  path !== "" &&
  !path.includes("\\") &&
  !path.includes("\0") &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/**
 * The stored name of a data file's part: `logs.json`, `logs.001.json`; compressed `logs.json.zst`, `logs.001.json.zst`.
 * @param digits of the number, at least
 */
export function partName(file: string, part: number, compressed: boolean, digits = 3): string {
  const dot = file.lastIndexOf(".");
  const cut = dot > file.lastIndexOf("/") ? dot : file.length;
  const number = part === 0 ? "" : `.${String(part).padStart(digits, "0")}`;
  return `${file.slice(0, cut)}${number}${file.slice(cut)}${compressed ? ".zst" : ""}`;
}

/** Paths with different keys are different files on every file system (macOS and Windows ignore case). */
export const collisionKey = (path: string): string => path.normalize("NFC").toLowerCase();
