import { type Context, definePlugin, option, v } from "contextcore";
import { countSpans, splitCount } from "./count.ts";
import { createExporter } from "./export/export.ts";
import { measure, takeInventory } from "./inventory.ts";
import { limitsOf } from "./limits.ts";
import { createRestorer } from "./restore/restore.ts";
import { createFinder, hasQuerier } from "./server/find.ts";
import { readSettings } from "./server/settings.ts";
import { createTraceReader } from "./server/trace-by-id.ts";
import { createListing, holdsDropped } from "./server/waits.ts";
import { createDirectoryStore } from "./storage/directory.ts";
import { createS3Store } from "./storage/s3.ts";
import { createStorage, type Storage } from "./storage/storage.ts";
import { eraseTraces } from "./subject/erase.ts";
import { findTraces } from "./subject/find.ts";

const options = v.object({
  ...option.serverOptions("http://localhost:3200"),
  otlpUrl: option.place(
    "Tempo's OTLP receiver, where a restore writes; default: the host of `url`, port 4318",
    "address",
    [],
    { derived: otlpOf },
  ),
  querierUrl: option.place(
    "Where a querier's API is, without `/api/search`: only a querier finds old spans that have just arrived; default: `/querier` at `url`",
    "address",
  ),
  storage: option.place(
    "Where Tempo keeps its blocks, a directory or s3://bucket/prefix: an export then reads them, many times faster",
    "path",
  ),
  s3Endpoint: option.place("Endpoint of the bucket, unless it is Amazon's", "address", ["S3_ENDPOINT"]),
  // The region becomes part of a host's name.
  s3Region: option.place("Region of the bucket", "address", ["AWS_REGION"]),
  s3AccessKeyId: option.secret("Access key of the bucket", ["AWS_ACCESS_KEY_ID"]),
  s3SecretAccessKey: option.secret("Secret key of the bucket", ["AWS_SECRET_ACCESS_KEY"]),
});
type Options = v.InferOutput<typeof options>;

export default definePlugin({
  name: "tempo",
  about: "Tempo: traces",
  signals: ["traces"],
  importance: "high",
  tried: ["Tempo 2.8.4", "Tempo 3.1"],
  options,
  backend: (context) => {
    const { http, clock, log, limits } = context;
    const { tenant, url, otlpUrl = otlpOf(url) } = context.options;
    const { querierUrl = `${url.replace(/\/+$/, "")}/querier` } = context.options;
    const settings = (signal: AbortSignal) => readSettings(http, tenant, signal);
    const fetchTrace = createTraceReader(http);
    const finder = createFinder({ frontend: http, querier: http.at(querierUrl), settings });
    const source = { http, finder, fetchTrace, settings, stepBytes: limits.stepBytes };
    const listing = createListing();
    return {
      inventory: async (signal) =>
        takeInventory(source, { settings: await settings(signal), now: clock() }, signal),
      size: (signal) => measure(finder, { settings, now: clock() }, signal),
      export: createExporter({ source, storage: storageOf(context), clock, log, settings, tenant, listing }),
      async count(request, signal) {
        const now = await settings(signal);
        if (holdsDropped(request.range, now, clock()))
          await listing.untilListed({ http, settings: now, tenant, log }, signal);
        return countSpans({ ...source, settings: now, now: clock() }, request, signal);
      },
      splitCount: async (request, signal) =>
        splitCount({ ...source, settings: await settings(signal), now: clock() }, request, signal),
      async limits(signal) {
        const now = await settings(signal);
        const answers = hasQuerier(finder, clock() - now.queryBackendAfter, signal).catch(() => {
          signal.throwIfAborted();
          return false;
        });
        return limitsOf(now, await answers);
      },
      find: (request, signal) => findTraces(source, request, { now: clock(), signal }),
      erase: (request, signal) => eraseTraces(source, request, { tenant, signal }),
      restore: createRestorer({ otlp: http.at(otlpUrl), fetchTrace, settings, clock, tenant }),
      async flush(signal) {
        // Tempo 3 has no such page: it writes blocks by itself within seconds.
        await http.send({ path: "/flush", accept: [404], signal });
      },
    };
  },
});

/** `http://tempo:3200` -> `http://tempo:4318` */
function otlpOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname}:4318`;
}

/** A directory, or a bucket when it is an `s3://` URL. A server without tenants keeps its blocks under `single-tenant`. */
function storageOf({ options: given }: Context<Options>): Storage | undefined {
  const { storage, tenant = "single-tenant" } = given;
  if (storage === undefined) return undefined;
  if (!storage.startsWith("s3://")) return createStorage(createDirectoryStore(storage, tenant));
  const { s3Endpoint: endpoint, s3Region: region } = given;
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = given;
  const access = { endpoint, region, accessKeyId, secretAccessKey };
  return createStorage(createS3Store({ url: storage, tenant, ...access }));
}
