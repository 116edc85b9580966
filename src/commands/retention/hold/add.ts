import { HOLD_ADD, holdAddJson } from "../../../results/holds.ts";
import { holdAdd } from "../../../tasks/hold-add.ts";
import { defineCommand } from "../../command.ts";
import { runCall } from "../../conduct.ts";
import { EXIT, exitOf } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";

export default defineCommand({
  about: holdAdd.about,
  args: holdAdd.params,
  examples: [
    {
      line: "retention hold add audit-2026 --backend worm --from 2026-01-01 --to 2027-01-01",
      about: "a year of a ledger, wherever it is saved",
    },
    {
      line: 'retention hold add case-7 --match loki=\'{app="shop"}\' --about "asked for by the court"',
      about: "some logs",
    },
  ],
  json: [HOLD_ADD],
  async run(call) {
    const { terminal } = call;
    const { result, ending } = await runCall(holdAdd, call);
    const { hold, path, lacking } = result;
    if (call.json) printResult(call, HOLD_ADD, holdAddJson(result));
    if (lacking !== undefined)
      terminal.fault(
        "not exported",
        lacking,
        "the servers' own retention goes on: contextcore export saves what it is about",
      );
    if (!call.json)
      terminal.tell(`${hold.name} is held${path === undefined ? "" : `, and exported to ${path}`}`);
    return lacking === undefined ? exitOf(ending) : EXIT.partial;
  },
});
