import { formatBytes, formatDuration, type Limit } from "contextcore";
import type { Settings } from "./server/settings.ts";
import { dropsEarly } from "./server/waits.ts";

const DROPPED =
  "Blocks of old spans may leave the live stores before they are listed; until then nothing finds them, so an export waits for the next list. A shorter period makes it faster.";

/** The effect, if the setting has it at its present value. */
const effectIf = (bites: boolean, effect: string): Pick<Limit, "effect"> => (bites ? { effect } : {});

/** Tempo's own default: what is longer was already cut when it was exported. Bytes. */
const ATTRIBUTE_BYTES = 2_048;

/**
 * What the server clamps, hides or refuses, as its documentation names it; zero turns each of the limits off.
 * @param hasQuerier whether one is asked for what the live stores hold
 */
export function limitsOf(settings: Settings, hasQuerier: boolean): Limit[] {
  const { retention, maxBytesPerTrace, ingestionSlack, maxAttributeBytes, maxTracesPerUser } = settings;
  const { queryEndCutoff, maxResultLimit, maxSearchDuration, rateLimitBytes } = settings;
  const [section = "storage.trace.wal", ...further] = settings.slackSections;
  const others = further.length === 0 ? "" : `, in ${further.join(" and ")} too`;
  const keepsTimes = retention !== undefined && retention > 0n && ingestionSlack >= retention;
  return [
    ...(retention === undefined
      ? []
      : [{ setting: "compaction.block_retention", value: formatDuration(retention) }]),
    { setting: "query_frontend.search.max_result_limit", value: String(maxResultLimit) },
    { setting: "query_frontend.search.max_duration", value: formatDuration(maxSearchDuration) },
    { setting: "query_frontend.query_end_cutoff", value: formatDuration(queryEndCutoff) },
    {
      setting: "query_frontend.search.query_backend_after",
      value: formatDuration(settings.queryBackendAfter),
      ...effectIf(
        !hasQuerier,
        "Older times are searched only in the backend's blocks, and no querier answers: old spans that have just come are found only after `blocklist_poll`. Set the option querierUrl.",
      ),
    },
    {
      setting: "storage.trace.blocklist_poll",
      value: formatDuration(settings.blocklistPoll),
      ...effectIf(dropsEarly(settings), DROPPED),
    },
    {
      setting: "overrides.defaults.global.max_bytes_per_trace",
      value: maxBytesPerTrace === 0 ? "0" : formatBytes(maxBytesPerTrace),
      ...effectIf(
        maxBytesPerTrace > 0,
        "Search does not list larger traces, and only a part of them can be read. 0 sets no limit.",
      ),
    },
    {
      setting: `${section}.ingestion_time_range_slack`,
      value: formatDuration(ingestionSlack),
      ...effectIf(
        !keepsTimes,
        `Traces that arrive later than this after their time are found by id, but not by a search by time. For a restore set it to the age of the oldest one${others}.`,
      ),
    },
    {
      setting: "distributor.max_attribute_bytes",
      value: String(maxAttributeBytes),
      ...effectIf(
        maxAttributeBytes > 0 && maxAttributeBytes < ATTRIBUTE_BYTES,
        `Longer attributes are cut when they are pushed, so a restore cuts them. ${ATTRIBUTE_BYTES} is usual.`,
      ),
    },
    {
      setting: "overrides.defaults.ingestion.max_traces_per_user",
      value: String(maxTracesPerUser),
      ...effectIf(
        maxTracesPerUser > 0,
        "Traces above this number are dropped although the push is answered with 200, so a restore reads back what it wrote. 0 makes it faster.",
      ),
    },
    { setting: "overrides.defaults.ingestion.rate_limit_bytes", value: String(rateLimitBytes) },
  ];
}
