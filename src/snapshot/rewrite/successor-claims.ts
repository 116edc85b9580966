/** The manifest of a snapshot that was written anew. Pure. */
import type { Counts } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { type Range, span } from "../../units/range.ts";
import { addCounts } from "../format/counts.ts";
import { type Manifest, type ManifestFile, type ManifestPlugin, overallStatus } from "../format/manifest.ts";
import { rangeFromText, rangeToText } from "../format/range-text.ts";
import { type Blot, type BlotName, blotNotes, blotProblem, isBlotted } from "./blot.ts";
import { withoutCounts } from "./records.ts";
import type { Removed, Rewriting } from "./rewriting.ts";

/** What was written, and what was not. */
interface Rewritten {
  /** The files that have blocks, by path. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  readonly index: Omit<Manifest["index"], "path">;
  readonly removed: Removed;
  /** What is gone of windows that were counted, by backend and {@link windowKey}. */
  readonly ofWindows: ReadonlyMap<string, Counts>;
  readonly named: BlotName;
}

/** Everything in the manifest but its own hash. */
export function successorClaims(
  manifest: Manifest,
  rewriting: Rewriting,
  written: Rewritten,
): Omit<Manifest, "sha256"> {
  const { without = [], blot = (text) => text, erased } = rewriting;
  const { sha256: was, index: _, erased: before = [], ...claims } = manifest;
  const plugins = manifest.plugins
    .filter(({ name }) => !without.includes(name))
    .map((plugin) => pluginClaims(plugin, written, blot));
  const backends = manifest.plugins.map(({ name }) => name).filter((name) => without.includes(name));
  const counts = { ...written.removed.counts };
  return {
    ...claims,
    range: backends.length === 0 ? manifest.range : rangeOf(plugins, manifest),
    status: backends.length === 0 ? manifest.status : overallStatus(plugins.map(({ status }) => status)),
    bytes: [...written.files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    plugins,
    erased: [...before, { ...erased, was, counts, ...(backends.length === 0 ? {} : { backends }) }],
    index: { path: "blocks.jsonl", ...written.index },
  };
}

function rangeOf(plugins: readonly ManifestPlugin[], { range }: Manifest): Manifest["range"] {
  const [first, ...others] = plugins.flatMap((one): Range[] => (one.range ? [rangeFromText(one.range)] : []));
  return first === undefined ? range : rangeToText(others.reduce(span, first));
}

function pluginClaims(plugin: ManifestPlugin, written: Rewritten, blot: Blot): ManifestPlugin {
  const files = plugin.files.flatMap((file) => fileLeft(file, written));
  const counts: Record<string, number> = Object.fromEntries(
    Object.keys(plugin.counts).map((unit) => [unit, 0]),
  );
  for (const file of files) addCounts(counts, file.counts);
  return {
    ...plugin,
    ...given({ match: plugin.match === undefined ? undefined : blot(plugin.match) }),
    notes: blotNotes(plugin.notes, blot),
    counts,
    windows: plugin.windows.map((window) =>
      windowLeft(window, written.ofWindows.get(windowKey(plugin.name, window))),
    ),
    problems: plugin.problems.map((problem) => blotProblem(problem, blot)),
    files,
  };
}

/** A data file stays, be it empty; an object goes. */
function fileLeft(file: ManifestFile, { files, named }: Rewritten): ManifestFile[] {
  const found = files.get(named(file.path)) ?? files.get(file.path);
  if (found !== undefined) return [found];
  return file.kind === "records" ? [emptied(file, named)] : [];
}

const NOTHING_SHA256 = new Bun.CryptoHasher("sha256").digest("hex");

const emptied = ({ path, of }: ManifestFile, named: BlotName): ManifestFile => ({
  path: named(path),
  ...given({ of: of && named(of) }),
  kind: "records",
  bytes: 0,
  sha256: NOTHING_SHA256,
  blocks: 0,
  records: 0,
  counts: {},
});

/** Which window of which backend. */
export const windowKey = (
  plugin: string,
  { from, to }: { readonly from: string; readonly to: string },
): string => JSON.stringify([plugin, from, to]);

type ManifestWindow = ManifestPlugin["windows"][number];

/** What the server counted then, without what is gone since: so the two still say what was missing, if anything was. */
function windowLeft(window: ManifestWindow, less: Counts | undefined): ManifestWindow {
  if (less === undefined) return window;
  const { read, firstRead, server } = window;
  return {
    ...window,
    read: withoutCounts(read, less),
    ...given({ firstRead: firstRead && withoutCounts(firstRead, less) }),
    ...given({ server: server && withoutCounts(server, less) }),
  };
}

/** Parts of a manifest by which a snapshot is found, and which are left as they are: those that hold something to blot out. */
export function remainsIn(
  { plugins, ...manifest }: Pick<Manifest, "plugins" | "host" | "user" | "tool">,
  blot: Blot,
): string[] {
  const own = (["host", "user", "tool"] as const).filter((name) => isBlotted(manifest[name], blot));
  const members = ["name", "plugin", "url", "tenant", "class", "version"] as const;
  const found = plugins.flatMap((plugin, at) =>
    members.filter((name) => isBlotted(plugin[name], blot)).map((name) => `plugins[${at}].${name}`),
  );
  return [...own, ...found];
}
