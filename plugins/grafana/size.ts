import { stat } from "node:fs/promises";
import { join } from "node:path";
import { directorySize, PluginError, type Size } from "contextcore";
import { readDashboard } from "./dashboard-calls.ts";
import { searchAll } from "./lists.ts";
import type { Server } from "./server.ts";

/** The database as SQLite keeps it; what else lies in the data directory (plugins, pictures) can be had again. */
const DATABASE = "grafana.db";
const DATABASE_FILES = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`];

/** How big Grafana is: its database on this disk where that is known, else worked out from its dashboards. */
export async function measure(server: Server, data: string | undefined, signal: AbortSignal): Promise<Size> {
  if (data === undefined) return estimate(server, "", signal);
  try {
    return { bytes: await onDisk(data, signal), source: "disk" };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return estimate(server, `, since ${error.message}`, signal);
  }
}

async function onDisk(data: string, signal: AbortSignal): Promise<number> {
  const hasDatabase = await stat(join(data, DATABASE)).then(
    () => true,
    () => false,
  );
  if (!hasDatabase) return directorySize(data, signal);
  let bytes = 0;
  for (const name of DATABASE_FILES) {
    bytes += await directorySize(join(data, name), signal).catch((error: unknown) => {
      if (error instanceof PluginError && error.kind === "not-found") return 0;
      throw error;
    });
  }
  return bytes;
}

const SAMPLE = 20;

async function estimate(server: Server, reason: string, signal: AbortSignal): Promise<Size> {
  const hits = await searchAll(server.http, { type: "dash-db" }, signal);
  const every = Math.max(1, Math.floor(hits.length / SAMPLE));
  const sample = hits.filter((_, index) => index % every === 0).slice(0, SAMPLE);
  let bytes = 0;
  for (const { uid } of sample) {
    bytes += Buffer.byteLength((await readDashboard(server, uid, signal)).text);
  }
  const average = sample.length === 0 ? 0 : bytes / sample.length;
  const how = `${sample.length} of ${hits.length} dashboards read, as JSON${reason}`;
  return { bytes: Math.round(average * hits.length), source: "estimate", how };
}
