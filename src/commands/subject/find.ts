import { SUBJECT_FIND, subjectFoundJson } from "../../results/subject.ts";
import { subjectFind } from "../../tasks/subject-find.ts";
import { defineCommand } from "../command.ts";
import { planCall } from "../conduct.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { IDENTIFIER, withIdentifier } from "./identifier.ts";
import { foundText, showFound } from "./show-found.ts";

const { subject: _, ...params } = subjectFind.params;

export default defineCommand({
  about: subjectFind.about,
  args: { file: IDENTIFIER, ...params },
  examples: [
    { line: "subject find", about: "asks for the identifier, and shows where it is" },
    { line: "subject find - --json < identifier.txt", about: "for another program" },
  ],
  json: [SUBJECT_FIND],
  async run(call) {
    const own = await withIdentifier(call, call.args.file);
    await using planned = await planCall(subjectFind, own);
    const { result, ending } = await planned.carryOut();
    if (call.json) printResult(call, SUBJECT_FIND, subjectFoundJson(result));
    else showFound(call.terminal, call.terminal, result);
    if (!call.json || result.unsearched.length > 0) call.terminal.last(foundText(result));
    return ending.outcome === "success" ? EXIT.ok : EXIT.partial;
  },
});
