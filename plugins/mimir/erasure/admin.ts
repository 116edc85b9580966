/** The admin API of a Prometheus, and why a server has none. */
import { fromMs, PluginError, type Range, toMs } from "contextcore";
import { seconds } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { prometheusSettings } from "../server/settings.ts";
import { type Matcher, toSelector } from "../wire/matchers.ts";

/** One sentence; `undefined`: it deletes series. @param instead what helps where it can never do that */
export async function whyNot(
  server: Server,
  instead: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus")
    return `${flavour === "mimir" ? "Mimir" : "Cortex"} cannot delete single series: ${instead}`;
  const { flags } = await prometheusSettings(server, signal);
  return flags["web.enable-admin-api"] === "false" ? ADMIN_OFF : undefined;
}

const ADMIN_OFF = "Its admin API is off: start this Prometheus with --web.enable-admin-api.";

/** The same, as the server says it when it is asked to delete. */
export const saidWhyNot = (error: unknown): string | undefined =>
  error instanceof PluginError && /admin APIs disabled/i.test(error.message) ? ADMIN_OFF : undefined;

/**
 * So long after a sample's time a Prometheus' write-ahead log is without it: the head becomes blocks of two hours, and twice after
 * that the log is cut. ns
 */
export const LOGGED = 8n * fromMs(3_600_000);

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
