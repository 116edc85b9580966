/** A kept snapshot without what is long in its manifest, so that a thousand of them fit anywhere. */
import * as v from "valibot";
import type { KeptSnapshot } from "../../snapshot/catalog/kept.ts";
import { type Manifest, type ManifestPlugin, manifestSchema } from "../../snapshot/format/manifest.ts";
import { isLoss } from "../../snapshot/format/problem-kind.ts";

/** A snapshot that is held, as far as lists, coverage and metrics need it. */
export interface HeldSnapshot extends Pick<KeptSnapshot, "path"> {
  readonly manifest: SlimManifest;
  /** It is in the snapshots directory, and not only in a place. */
  readonly isHere: boolean;
}

const plugin = manifestSchema.entries.plugins.item;

const PLUGIN_MEMBERS = [
  "name",
  "status",
  "signals",
  "importance",
  "class",
  "match",
  "range",
  "parent",
  "exportedUntil",
  "retentionSeconds",
  "durationMs",
] as const;

const MEMBERS = ["created", "finished", "range", "status", "bytes", "erased", "sha256"] as const;

const slimPluginSchema = v.object({
  ...v.pick(plugin, PLUGIN_MEMBERS).entries,
  /** Losses. */
  problems: v.array(v.pick(plugin.entries.problems.item, ["kind", "ranges"])),
  /** Of all its files. */
  size: v.object({ bytes: v.number(), records: v.number() }),
});

/** The schema of a {@link SlimManifest}. */
export const slimSchema = v.object({
  ...v.pick(manifestSchema, MEMBERS).entries,
  plugins: v.array(slimPluginSchema),
});

/** A manifest without its files, counted windows and names of what is missing. */
type SlimManifest = Readonly<v.InferOutput<typeof slimSchema>>;
/** What it says of one backend. */
export type SlimPlugin = SlimManifest["plugins"][number];

/** What lists need of a snapshot, of whichever kind its manifest is. */
export interface ToldSnapshot extends Pick<KeptSnapshot, "path"> {
  readonly manifest: Omit<SlimManifest, "plugins"> & {
    readonly plugins: readonly Omit<SlimPlugin, "size">[];
  };
}

/** Leaves out what is long. */
export const slimmed = (manifest: Manifest): SlimManifest => ({
  ...picked(manifest, MEMBERS),
  plugins: manifest.plugins.map((one) => ({
    ...picked(one, PLUGIN_MEMBERS),
    problems: one.problems.filter(isLoss).map(({ kind, ranges }) => ({ kind, ranges })),
    size: sizeOf(one.files),
  })),
});

function picked<Value extends object, Member extends keyof Value>(
  value: Value,
  members: readonly Member[],
): Pick<Value, Member> {
  const some: Partial<Pick<Value, Member>> = {};
  for (const member of members) if (Object.hasOwn(value, member)) some[member] = value[member];
  return some as Pick<Value, Member>;
}

const sizeOf = (files: ManifestPlugin["files"]): SlimPlugin["size"] => ({
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  records: files.reduce((sum, { records }) => sum + records, 0),
});
