import * as v from "valibot";
import { formatEvent } from "../audit/format.ts";
import { defineCommand, UsageError } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { configOf, openStackTrail } from "./stack.ts";

const outcome = v.picklist([
  "started",
  "success",
  "partial",
  "failed",
  "cancelled",
  "refused",
  "interrupted",
]);

/** One event as it stands in the trail. */
export const eventSchema = v.object({
  id: v.string(),
  seq: v.number(),
  timestamp: v.string(),
  operation: v.string(),
  outcome,
  user: v.string(),
  host: v.string(),
  project: v.string(),
  details: v.record(v.string(), v.unknown()),
  data_affected: v.array(v.string()),
  export_path: v.optional(v.string()),
  ref: v.optional(v.string()),
  prev_hash: v.string(),
  hash: v.string(),
});

export default defineCommand({
  about: "list what was done to the stack, by whom, and how it ended; newest last",
  args: {
    limit: {
      type: "value",
      alias: "n",
      hint: "N",
      default: "20",
      parse: readLimit,
      about: "at most this many (default: 20)",
    },
    operation: {
      type: "value",
      hint: "NAME",
      complete: "operations",
      about: "only this operation, such as destroy",
    },
    json: { type: "flag", about: "print one JSON array" },
  },
  examples: [
    { line: "audit", about: "the last twenty events" },
    { line: "audit -n 100 --operation destroy", about: "who destroyed what" },
  ],
  json: v.array(eventSchema),
  async run(call) {
    const { args, terminal } = call;
    const trail = openStackTrail(call, await configOf(call), []);
    const { limit, operation } = args;
    const events = await trail.newest({ limit, ...(operation === undefined ? {} : { operation }) });
    await trail.close();
    if (args.json) terminal.printJson(events);
    else if (events.length === 0) terminal.note("the trail has no such event yet");
    for (const event of args.json ? [] : events) terminal.print(formatEvent(event));
    return EXIT.ok;
  },
});

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`not a number above zero: ${JSON.stringify(text)}`);
  return Number(text);
}
