import type { OpenSink } from "../../../host/open.ts";
import type { ValueOf } from "../../../results/result.ts";
import { SINKS_TEST } from "../../../results/sinks.ts";
import { openStack, sinkLimitMs } from "../../../tasks/stack/stack.ts";
import { UsageError } from "../../../tasks/task/errors.ts";
import { messageOf } from "../../../units/message-of.ts";
import { withTimeLimit } from "../../../units/time-limit.ts";
import { callerOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";

type Probed = ValueOf<typeof SINKS_TEST>["sinks"][number];

export default defineCommand({
  about: "check whether each sink could take an event now; writes nothing",
  args: {
    name: { type: "positional", hint: "NAME", complete: "plugins", about: "only this sink" },
  },
  examples: [
    { line: "audit sinks test", about: "after the configuration was changed" },
    { line: "audit sinks test webhook", about: "only one of them" },
  ],
  json: [SINKS_TEST],
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
      sink: failure.name,
      ok: false,
      reason: failure.error.message,
    }));
    const probed: readonly Probed[] = [
      ...(await Promise.all(chosen.map((sink) => probe(sink, sinkLimitMs(config, sink), call.signal)))),
      ...broken,
    ];
    if (call.json) printResult(call, SINKS_TEST, { sinks: probed });
    const { colors } = call.terminal;
    for (const { sink, ok, reason } of call.json ? [] : probed) {
      call.terminal.tell(`${sink}: ${ok ? colors.green("ready") : `${colors.red("not ready")}: ${reason}`}`);
    }
    if (probed.length === 0)
      call.terminal.note("there are no sinks: name them under `sinks` in the configuration");
    return probed.every(({ ok }) => ok) ? EXIT.ok : EXIT.error;
  },
});

async function probe({ name, sink }: OpenSink, limitMs: number, signal: AbortSignal): Promise<Probed> {
  try {
    await withTimeLimit((limit) => sink.probe(limit), signal, { limitMs });
    return { sink: name, ok: true };
  } catch (error) {
    signal.throwIfAborted();
    return { sink: name, ok: false, reason: messageOf(error) };
  }
}
