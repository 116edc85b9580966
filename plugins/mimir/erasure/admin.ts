/** The admin API of a Prometheus, and why a server has none. */
import { PluginError, type Range, toMs } from "contextcore";
import { seconds } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { prometheusSettings } from "../server/settings.ts";
import { type Matcher, toSelector } from "../wire/matchers.ts";

const INSTEAD =
  "wait for its retention (limits.compactor_blocks_retention_period), or delete the tenant (POST /compactor/delete_tenant) and restore it from a snapshot from which this was erased.";

/** One sentence; `undefined`: it deletes series. */
export async function whyNot(server: Server, signal: AbortSignal): Promise<string | undefined> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus")
    return `${flavour === "mimir" ? "Mimir" : "Cortex"} cannot delete single series: ${INSTEAD}`;
  const { flags } = await prometheusSettings(server, signal);
  return flags["web.enable-admin-api"] === "false" ? ADMIN_OFF : undefined;
}

const ADMIN_OFF = "Its admin API is off: start this Prometheus with --web.enable-admin-api.";

/** The same, as the server says it when it is asked to delete. */
export const saidWhyNot = (error: unknown): string | undefined =>
  error instanceof PluginError && /admin APIs disabled/i.test(error.message) ? ADMIN_OFF : undefined;

/** Deletes what a selector finds in a range of whole milliseconds. */
export const deleteSeries = (
  server: Server,
  matchers: readonly Matcher[],
  { from, to }: Range,
  signal: AbortSignal,
): Promise<void> => {
  const times = { start: seconds(toMs(from)), end: seconds(toMs(to) - 1) };
  return admin(server, "delete_series", { "match[]": toSelector(matchers), ...times }, signal);
};

/** Has the blocks of which something was deleted written anew. */
export const cleanTombstones = (server: Server, signal: AbortSignal): Promise<void> =>
  admin(server, "clean_tombstones", {}, signal);

/** Blocks are written anew while it is waited for. ms */
const PATIENCE = 600_000;

async function admin(
  { http, identity }: Server,
  call: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { prefix } = await identity(signal);
  const path = `${prefix}/api/v1/admin/tsdb/${call}`;
  const answer = await http.send({ method: "POST", path, form, signal, timeoutMs: PATIENCE });
  await answer.text();
}
