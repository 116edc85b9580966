import type { AuditEvent } from "../../audit/format/event.ts";
import { follow } from "../../audit/read/follow.ts";
import { formatEvent } from "../../audit/read/line.ts";
import { explainInterruption } from "../../audit/recover.ts";
import { AUDIT_EVENT } from "../../results/audit.ts";
import { FILTERS, filterOf } from "../../tasks/audit-filters.ts";
import { openStackTrail } from "../../tasks/stack/stack.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { NEWEST_SHOWN } from "../../tasks/task/count.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { visible } from "../../units/visible.ts";
import { callerOf, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { paintEvents } from "./paint.ts";

const args = {
  limit: NEWEST_SHOWN,
  ...FILTERS,
  long: { type: "flag", about: "put each event's number and id in front, which `audit show` takes" },
  follow: { type: "flag", alias: "f", about: "keep showing new events as they arrive, until Ctrl-C" },
} as const;

export default defineCommand({
  about: "list what was done to the stack, by whom, and how it ended; newest last",
  args,
  examples: [
    { line: "audit", about: "the last twenty events" },
    { line: "audit -n 100 --operation destroy", about: "who destroyed what" },
    { line: "audit --long", about: "with what `audit show` takes" },
    { line: "audit --follow --outcome failed", about: "failures as they happen" },
  ],
  json: [AUDIT_EVENT],
  paged: ({ follow }) => !follow,
  async run(call) {
    const config = await configOf(call);
    const filter = filterOf(call.args);
    if (call.args.follow && filter.before !== undefined)
      throw new UsageError("--follow shows what comes, so nothing that it shows is --before an event");
    const trail = openStackTrail(callerOf(call), config);
    const events = await trail.newest({ limit: call.args.limit, ...filter });
    if (!call.json) head(call, events);
    show(call, events);
    for (const event of trail.abandoned()) call.terminal.warn(explainInterruption(event));
    await trail.close();
    if (!call.args.follow) return EXIT.ok;
    for await (const { event } of follow(trailPlaces(config).file, filter, whileRead(call)))
      show(call, [event]);
    return call.signal.aborted ? EXIT.interrupted : EXIT.ok;
  },
});

/** Aborted by the program's signal, or when nobody reads the output any more. */
function whileRead({ signal, terminal }: Call<typeof args>): AbortSignal {
  const closed = new AbortController();
  terminal.onOutputError(() => closed.abort());
  return AbortSignal.any([signal, closed.signal]);
}

/** A person is told once what the times are; scripts match the lines alone. */
function head(
  { args: { follow: goesOn }, terminal }: Call<typeof args>,
  events: readonly AuditEvent[],
): void {
  if (events.length === 0) terminal.note("the trail has no such event yet");
  const isShown = Number.isFinite(terminal.width()) && (events.length > 0 || goesOn);
  if (isShown) terminal.print(terminal.colors.dim("times are UTC"));
}

function show(call: Call<typeof args>, events: readonly AuditEvent[]): void {
  const { args: given, terminal } = call;
  const { colors } = terminal;
  if (call.json) for (const event of events) printResult(call, AUDIT_EVENT, event);
  else if (colors.isColorSupported)
    for (const line of paintEvents(events, { colors, width: terminal.width(), isLong: given.long }))
      terminal.print(line);
  else for (const event of events) terminal.tell(`${given.long ? inFront(event) : ""}${formatEvent(event)}`);
}

const inFront = ({ seq, id }: AuditEvent): string => `${seq}  ${visible(id)}  `;
