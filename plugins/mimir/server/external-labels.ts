import type { Labels } from "../line/labels.ts";
import { prometheusSettings } from "./prometheus-settings.ts";
import type { Server } from "./server.ts";

/** A set of labels without those that a Prometheus adds when it is read, whether they were written or not. */
export async function ownLabels(server: Server, signal: AbortSignal): Promise<(labels: Labels) => Labels> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return (labels) => labels;
  const { externalLabels } = await prometheusSettings(server, signal);
  return (labels) => labels.filter(([name, value]) => externalLabels[name] !== value);
}
