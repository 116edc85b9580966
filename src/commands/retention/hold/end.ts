import { HOLD_END, holdJson } from "../../../results/holds.ts";
import { holdEnd } from "../../../tasks/hold-end.ts";
import { defineCommand } from "../../command.ts";
import { conduct } from "../../conduct.ts";
import { planArgs } from "../../confirmed.ts";
import { printResult } from "../../print-result.ts";
import { holdText } from "./hold-text.ts";

export default defineCommand({
  about: holdEnd.about,
  args: { ...holdEnd.params, ...planArgs("show the hold and end nothing") },
  examples: [{ line: "retention hold end audit-2026", about: "once nobody needs it any more" }],
  json: [HOLD_END],
  run: (call) =>
    conduct(holdEnd, call, {
      untouched: "nothing was ended",
      show(hold) {
        if (!call.json) call.terminal.note(`${hold.name}: ${holdText(hold)}`);
      },
      question: ({ name }) => ({ message: `End the hold ${name}?`, what: "the end of the hold" }),
      report(hold, ended) {
        if (call.json) printResult(call, HOLD_END, { ...holdJson(hold), ended: ended !== undefined });
        if (ended !== undefined)
          call.terminal.last(
            `${hold.name} is not held any more; what it has put off is due, and goes with the next plan`,
          );
        return undefined;
      },
    }),
});
