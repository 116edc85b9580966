import * as v from "valibot";
import type { OpenSink } from "../../../host/open.ts";
import { UsageError } from "../../../tasks/errors.ts";
import { openStack, sinkLimitMs } from "../../../tasks/stack.ts";
import { messageOf } from "../../../units/message-of.ts";
import { withTimeLimit } from "../../../units/time-limit.ts";
import { callerOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";

interface Probed {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
}

export default defineCommand({
  about: "check whether each sink could take an event now; writes nothing",
  args: {
    name: { type: "positional", hint: "NAME", complete: "plugins", about: "only this sink" },
    json: { type: "flag", about: "print one JSON array" },
  },
  examples: [
    { line: "audit sinks test", about: "after the configuration was changed" },
    { line: "audit sinks test webhook", about: "only one of them" },
  ],
  json: v.array(v.object({ name: v.string(), ok: v.boolean(), error: v.optional(v.string()) })),
  async run(call): Promise<ExitCode> {
    const { config, sinks, failures } = await openStack(callerOf(call));
    const { name } = call.args;
    const chosen = sinks.filter((sink) => name === undefined || sink.name === name);
    if (name !== undefined && chosen.length === 0) {
      throw new UsageError(
        `there is no sink ${name}`,
        `there are: ${sinks.map((sink) => sink.name).join(", ") || "none"}`,
      );
    }
    const broken = failures.map((failure) => ({
      name: failure.name,
      ok: false,
      error: failure.error.message,
    }));
    const probed = [
      ...(await Promise.all(chosen.map((sink) => probe(sink, sinkLimitMs(config, sink), call.signal)))),
      ...broken,
    ];
    if (call.args.json) call.terminal.printJson(probed);
    const { colors } = call.terminal;
    for (const { name: sink, ok, error } of call.args.json ? [] : probed) {
      call.terminal.print(`${sink}: ${ok ? colors.green("ready") : `${colors.red("not ready")}: ${error}`}`);
    }
    if (probed.length === 0)
      call.terminal.note("there are no sinks: name them under `sinks` in the configuration");
    return probed.every(({ ok }) => ok) ? EXIT.ok : EXIT.error;
  },
});

async function probe({ name, sink }: OpenSink, limitMs: number, signal: AbortSignal): Promise<Probed> {
  try {
    await withTimeLimit((limit) => sink.probe(limit), signal, { limitMs });
    return { name, ok: true };
  } catch (error) {
    signal.throwIfAborted();
    return { name, ok: false, error: messageOf(error) };
  }
}
