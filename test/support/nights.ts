/** Snapshots of many nights, as far as their manifests tell: written at once, without a server. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatManifest, type Manifest } from "../../src/snapshot/format/manifest.ts";

const TEMPLATE = resolve(import.meta.dir, "../fixtures/snapshots/format-1-plain/manifest.json");

const HOUR_MS = 3_600_000;

export interface Night {
  /** When it was made, ms since 1970. */
  readonly at: number;
  /** What it covers. Default: the day before. */
  readonly hours?: number;
  readonly status?: "complete" | "partial" | "failed";
  readonly bytes?: number;
  /** The backends' names. */
  readonly backends?: readonly string[];
  /** The class of all its data. Default: by the importance. */
  readonly class?: string;
}

/** Writes them into the project's `backups`. @returns their names */
export function keepNights(cwd: string, nights: readonly Night[]): string[] {
  const template: Manifest = JSON.parse(readFileSync(TEMPLATE, "utf8"));
  return nights.map((night) => {
    const created = new Date(night.at).toISOString().replace(".000Z", "Z");
    const name = created.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
    const folder = join(cwd, "backups", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), manifestText(template, night, created));
    return name;
  });
}

function manifestText(template: Manifest, night: Night, created: string): string {
  const { at, hours = 24, status = "complete", bytes = 48_200_000, backends = ["logs", "traces"] } = night;
  const range = { from: new Date(at - hours * HOUR_MS).toISOString(), to: new Date(at).toISOString() };
  const plugins = backends.map((name, index) => ({
    ...template.plugins[index % template.plugins.length],
    ...{ name, range, windows: [], url: `http://${name}.example`, status },
    ...(night.class === undefined ? {} : { class: night.class }),
  }));
  return formatManifest({
    ...template,
    created,
    finished: created,
    range,
    status,
    bytes,
    plugins,
  } as Manifest).text;
}
