/** The export that is recorded, and run again against what was recorded. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import grafana from "../../plugins/grafana/index.ts";
import loki from "../../plugins/loki/index.ts";
import mimir from "../../plugins/mimir/index.ts";
import tempo from "../../plugins/tempo/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Plugin } from "../../src/contract/contract.ts";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { openBackend } from "../../src/host/opening.ts";
import { FAST, jobOf, scratch } from "../export/run.ts";
import type { Session } from "./session.ts";

const PLUGINS = { loki, tempo, mimir, grafana };
const MINUTE = 60_000_000_000n;

/** The tenant of a Mimir. */
export const TENANT = "recorded";

const OPTIONS = {
  loki: {},
  tempo: {},
  mimir: { tenant: TENANT, settle: "0s" },
  grafana: {
    username: "admin",
    password: "admin",
    secrets: { "*/password": "s3cret", "*/url": "https://x" },
  },
};

/** What was pushed lies before the clock. */
const MINUTES = { loki: 10n, tempo: 10n, mimir: 180n, grafana: 10n };

/** What was pushed of a plugin lies within this range. */
export const rangeAt = (name: Session["plugin"], clock: bigint) => ({
  from: clock - MINUTES[name] * MINUTE,
  to: clock,
});

/** The plugin as a command opens it. */
export async function openAt(url: string, name: Session["plugin"], clock: bigint): Promise<OpenBackend> {
  const config = await loadConfig({ directory: "/", env: {} });
  const backends = { [name]: { enabled: true, options: { url, ...OPTIONS[name] } } };
  const plugin = PLUGINS[name] as unknown as Plugin;
  const loaded = { plugin, source: "built-in" };
  const [open] = await openBackend(loaded, { ...config, backends }, { clock: () => clock });
  if (open === undefined) throw new Error(`${name} has no backend`);
  return open;
}

/** Takes the inventory of a server and exports what it holds. */
export async function exportFrom(url: string, name: Session["plugin"], clock: bigint) {
  using dir = scratch();
  const open = await openAt(url, name, clock);
  const inventory = await open.backend.inventory(new AbortController().signal);
  const { manifest, path } = await exportSnapshot(
    jobOf(dir.path, [open], {
      backends: [{ open, request: { range: rangeAt(name, clock) } }],
      tuning: { ...FAST, recounts: 0 },
    }),
  );
  return { inventory, claims: manifest.plugins[0], files: filesIn(path) };
}

const OWN = ["manifest.json", "blocks.jsonl"];

/** The texts of a snapshot's files of data, by path. */
function filesIn(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const inside = paths.map((path) => path.slice(directory.length + 1)).filter((path) => !OWN.includes(path));
  return new Map(inside.sort().map((path) => [path, readFileSync(join(directory, path), "utf8")]));
}

/** The lines of one file. */
export const linesOf = (files: ReadonlyMap<string, string>, path: string): string[] =>
  (files.get(path) ?? "").split("\n").filter((line) => line !== "");
