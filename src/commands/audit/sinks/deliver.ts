import { openDelivery } from "../../../audit/deliver/delivery.ts";
import { surveySinks } from "../../../audit/deliver/survey.ts";
import { SINKS_DELIVER } from "../../../results/sinks.ts";
import { openStack } from "../../../tasks/stack/stack.ts";
import { trailPlaces } from "../../../tasks/stack/trail-places.ts";
import { readTimeout } from "../../../tasks/task/timeout.ts";
import { counted } from "../../../units/words.ts";
import { callerOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";

export default defineCommand({
  about: "deliver all waiting events to the sinks now",
  args: {
    time: {
      type: "value",
      alias: "t",
      hint: "DURATION",
      default: "1m",
      parse: readTimeout,
      about: "how long each sink gets (default: 1m)",
    },
  },
  examples: [{ line: "audit sinks deliver -t 10m", about: "after a sink was down" }],
  json: [SINKS_DELIVER],
  async run(call) {
    const { config, sinks } = await openStack(callerOf(call));
    const { file } = trailPlaces(config);
    const delivery = openDelivery({
      file,
      sinks,
      timeLimitMs: () => call.args.time,
      onWarning: (message) => call.terminal.warn(message),
      onDropped: async (name, count) =>
        call.terminal.warn(`sink ${name}: ${counted(count, "event")} did not fit into its outbox`),
    });
    delivery.notify();
    await delivery.close();
    const survey = surveySinks(
      file,
      sinks.map(({ name }) => name),
    ).filter(({ configured }) => configured);
    const found = survey.map(({ name, state, waiting }) => ({
      sink: name,
      delivered: state?.delivered ?? 0,
      waiting,
    }));
    if (call.json) printResult(call, SINKS_DELIVER, { sinks: found });
    else if (found.length === 0) call.terminal.last("nothing was delivered: no sinks are configured");
    else
      for (const { sink, delivered, waiting = 0 } of found)
        call.terminal.tell(
          `${sink}: ${delivered} delivered in all${waiting > 0 ? `, ${waiting} still waiting` : ""}`,
        );
    return survey.some(({ waiting = 0 }) => waiting > 0) ? EXIT.partial : EXIT.ok;
  },
});
