import type { AuditEvent } from "../../audit/format/event.ts";
import { follow } from "../../audit/read/follow.ts";
import { formatEvent } from "../../audit/read/line.ts";
import { explainInterruption } from "../../audit/recover.ts";
import { AUDIT_EVENT } from "../../results/audit.ts";
import { FILTERS, filterOf } from "../../tasks/audit-filters.ts";
import { readLimit } from "../../tasks/count.ts";
import { openStackTrail } from "../../tasks/stack.ts";
import { trailPlaces } from "../../tasks/trail-places.ts";
import { callerOf, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { paintEvents } from "./paint.ts";

const args = {
  limit: {
    type: "value",
    alias: "n",
    hint: "N",
    default: "20",
    parse: readLimit,
    about: "at most this many (default: 20)",
  },
  ...FILTERS,
  follow: { type: "flag", alias: "f", about: "keep showing new events as they arrive, until Ctrl-C" },
} as const;

export default defineCommand({
  about: "list what was done to the stack, by whom, and how it ended; newest last",
  args,
  examples: [
    { line: "audit", about: "the last twenty events" },
    { line: "audit -n 100 --operation destroy", about: "who destroyed what" },
    { line: "audit --follow --outcome failed", about: "failures as they happen" },
  ],
  json: [AUDIT_EVENT],
  paged: ({ follow }) => !follow,
  async run(call) {
    const config = await configOf(call);
    const filter = filterOf(call.args);
    const trail = openStackTrail(callerOf(call), config);
    const events = await trail.newest({ limit: call.args.limit, ...filter });
    show(call, events);
    for (const event of trail.abandoned()) call.terminal.warn(explainInterruption(event));
    await trail.close();
    if (!call.args.follow) return EXIT.ok;
    for await (const { event } of follow(trailPlaces(config).file, filter, whileRead(call)))
      show(call, [event]);
    return EXIT.ok;
  },
});

/** Aborted by the program's signal, or when nobody reads the output any more. */
function whileRead({ signal, terminal }: Call<typeof args>): AbortSignal {
  const closed = new AbortController();
  terminal.onOutputError(() => closed.abort());
  return AbortSignal.any([signal, closed.signal]);
}

function show(call: Call<typeof args>, events: readonly AuditEvent[]): void {
  const { terminal } = call;
  const { colors } = terminal;
  if (call.json) for (const event of events) printResult(call, AUDIT_EVENT, event);
  else if (events.length === 0) terminal.note("the trail has no such event yet");
  else if (colors.isColorSupported)
    for (const line of paintEvents(events, colors, terminal.width())) terminal.print(line);
  else for (const event of events) terminal.tell(formatEvent(event));
}
