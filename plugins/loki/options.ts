import { option, v } from "contextcore";

export const options = v.object({
  ...option.serverOptions("http://localhost:3100"),
  pageSize: option.integer(
    "Entries asked for at once; Loki's own max_entries_limit_per_query is kept to",
    5000,
    {
      min: 1,
      max: 1_000_000,
    },
  ),
  window: option.duration("Length of the windows in which an export is read and counted", "6h", {
    min: "1s",
  }),
  settle: option.duration(
    "Lines newer than this may still be on their way and are left to the next export",
    "30s",
  ),
});

export type LokiOptions = v.InferOutput<typeof options>;
