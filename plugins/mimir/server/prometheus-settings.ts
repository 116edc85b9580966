import { given, objectOf, parseYaml, v } from "contextcore";
import type { Labels } from "../line/labels.ts";
import { ifShown } from "./api.ts";
import type { Server } from "./server.ts";

/** What a Prometheus says of how it was started and configured. */
export interface PrometheusSettings {
  /** Command line flags by name, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** Labels that it adds to every series that remote read gives. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** `15d`, `15d or 10GiB`: as the server itself sums it up. */
  readonly retention?: string;
  /** How late a sample may come, e.g. `30m`; absent: not at all. */
  readonly outOfOrderWindow?: string;
}

const text = v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String));
const config = v.object({
  global: v.optional(v.object({ external_labels: v.optional(objectOf(text), {}) })),
  storage: v.optional(
    v.object({ tsdb: v.optional(v.object({ out_of_order_time_window: v.optional(text) })) }),
  ),
});

/** A server that does not say (Mimir gives empty answers) has none of it. */
export async function prometheusSettings(server: Server, signal: AbortSignal): Promise<PrometheusSettings> {
  const flags = await ifShown(server.api(objectOf(v.string()), { path: "/api/v1/status/flags", signal }));
  const status = await ifShown(
    server.api(v.object({ yaml: v.optional(v.string(), "") }), { path: "/api/v1/status/config", signal }),
  );
  const runtime = await ifShown(
    server.api(v.object({ storageRetention: v.optional(v.string()) }), {
      path: "/api/v1/status/runtimeinfo",
      signal,
    }),
  );
  const checked = v.safeParse(config, parseYaml(status?.data.yaml ?? "") ?? {});
  const { global, storage } = checked.success ? checked.output : {};
  const retention = runtime?.data.storageRetention;
  const window = storage?.tsdb?.out_of_order_time_window;
  return {
    flags: flags?.data ?? {},
    externalLabels: global?.external_labels ?? {},
    ...given({ retention, outOfOrderWindow: window }),
  };
}

/** A set of labels without those that a Prometheus adds when it is read, whether they were written or not. */
export async function ownLabels(server: Server, signal: AbortSignal): Promise<(labels: Labels) => Labels> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return (labels) => labels;
  const { externalLabels } = await prometheusSettings(server, signal);
  return (labels) => labels.filter(([name, value]) => externalLabels[name] !== value);
}
