import { formatBytes, formatDuration, type Limit } from "contextcore";
import type { Settings } from "./settings.ts";
import { dropsEarly } from "./settle.ts";

const DROPPED =
  "Blocks of old spans may leave the live stores before they are listed, and nothing finds them for so long: an export waits for the next list. A shorter one makes it faster.";

/** What the server clamps, hides or refuses, as its documentation names it. */
export function limitsOf(settings: Settings): Limit[] {
  const { retention, maxBytesPerTrace, ingestionSlack, maxAttributeBytes, maxTracesPerUser } = settings;
  const { queryEndCutoff, maxResultLimit, maxSearchDuration, rateLimitBytes } = settings;
  return [
    ...(retention === undefined
      ? []
      : [{ setting: "compaction.block_retention", value: formatDuration(retention) }]),
    { setting: "query_frontend.search.max_result_limit", value: String(maxResultLimit) },
    { setting: "query_frontend.search.max_duration", value: formatDuration(maxSearchDuration) },
    {
      setting: "query_frontend.query_end_cutoff",
      value: formatDuration(queryEndCutoff),
      effect: "Nothing newer than this is found: an export ends a little before now.",
    },
    {
      setting: "query_frontend.search.query_backend_after",
      value: formatDuration(settings.queryBackendAfter),
      effect:
        "Older times are searched only in the backend's blocks: old spans that have just come are found through a querier (option querierUrl), and without one only after `blocklist_poll`.",
    },
    {
      setting: "storage.trace.blocklist_poll",
      value: formatDuration(settings.blocklistPoll),
      ...(dropsEarly(settings) ? { effect: DROPPED } : {}),
    },
    {
      setting: "overrides.defaults.global.max_bytes_per_trace",
      value: maxBytesPerTrace === 0 ? "0" : formatBytes(maxBytesPerTrace),
      effect: "Search does not list larger traces, and reading them gives a part.",
    },
    {
      setting: "storage.trace.wal.ingestion_time_range_slack",
      value: formatDuration(ingestionSlack),
      effect:
        "Traces that arrived later than this after their time are found by id, not by a search by time.",
    },
    {
      setting: "distributor.max_attribute_bytes",
      value: String(maxAttributeBytes),
      effect: "Longer attributes are cut when they are pushed, so a restore cannot bring them back whole.",
    },
    {
      setting: "overrides.defaults.ingestion.max_traces_per_user",
      value: String(maxTracesPerUser),
      effect: "Traces pushed above it are answered with 200 and dropped: a restore reads back what it wrote.",
    },
    { setting: "overrides.defaults.ingestion.rate_limit_bytes", value: String(rateLimitBytes) },
  ];
}
