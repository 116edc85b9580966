import type { Server } from "./server/server.ts";

/**
 * Asks Mimir's or Cortex' ingesters to write what they hold to the storage, so that a copy of the storage is whole. Queries see
 * it without that, so a Prometheus, which has no such call, is left alone.
 */
export async function flush(server: Server, signal: AbortSignal): Promise<void> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return;
  const query = { wait: true, tenant: server.tenant };
  await server.http.send({ method: "POST", path: "/ingester/flush", query, signal });
}
