import type { Step } from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";

/** `mimir/alertmanager.yaml`: the tenant's Alertmanager configuration and templates, as the API gives and takes them. */
export async function alertmanager(server: Server, signal: AbortSignal): Promise<Step> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return {};
  const text = await ifOffered(
    server.http.send({ path: "/api/v1/alerts", signal }).then((answer) => answer.text()),
  );
  if (text === undefined || text.trim() === "") return {};
  return { objects: [{ path: "mimir/alertmanager.yaml", text, unit: "alertmanager" }] };
}
