/** A snapshot in memory: one block of one line for each plugin. */
import type { Block } from "../../src/snapshot/format/block.ts";
import type { ManifestPlugin } from "../../src/snapshot/format/manifest.ts";
import type { OpenSnapshot } from "../../src/snapshot/read/reader.ts";

const TIME = "2026-01-24T00:00:00Z";

/** What a manifest says of a plugin. */
export const savedPlugin = (name: string, windows: ManifestPlugin["windows"] = []): ManifestPlugin => ({
  name,
  status: "complete",
  limits: [],
  notes: {},
  counts: { entries: 1 },
  windows,
  problems: [],
  files: [],
  durationMs: 1,
});

const block = (plugin: string): Block => ({
  file: `${plugin}/lines.json`,
  offset: 0,
  bytes: 3,
  records: 1,
  range: { from: 1_769_212_800_000_000_000n, to: 1_769_212_801_000_000_000n },
  sha256: "0".repeat(64),
  counts: { entries: 1 },
});

export const snapshotOf = (plugins: ManifestPlugin[]): OpenSnapshot => ({
  path: "/backups/small",
  manifest: {
    format: 1,
    tool: "contextcore",
    created: TIME,
    finished: TIME,
    host: "here",
    user: "me",
    resumed: 0,
    range: { from: TIME, to: TIME },
    status: "complete",
    bytes: 3,
    plugins,
    index: { path: "blocks.jsonl", bytes: 0, sha256: "", lines: 0 },
    sha256: "",
  },
  async *blocks() {
    for (const [at, { name }] of plugins.entries())
      yield { plugin: name, block: block(name), number: at + 1 };
  },
  read: async () => new TextEncoder().encode("{}\n"),
  async *lines() {
    yield "{}";
  },
  damage: async () => undefined,
  close: async () => undefined,
});
