import * as v from "valibot";
import { OUTCOMES } from "../../audit/format/event.ts";
import { objectOf } from "../../contract/any-names.ts";

/** One event as it stands in the trail. */
export const eventSchema = v.object({
  id: v.string(),
  seq: v.number(),
  timestamp: v.string(),
  operation: v.string(),
  outcome: v.picklist(OUTCOMES),
  user: v.string(),
  host: v.string(),
  project: v.string(),
  details: objectOf(v.unknown()),
  data_affected: v.array(v.string()),
  export_path: v.optional(v.string()),
  ref: v.optional(v.string()),
  prev_hash: v.string(),
  hash: v.string(),
});
