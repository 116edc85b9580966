import { SUBJECT_EXPORT } from "../../results/subject.ts";
import { subjectExport } from "../../tasks/subject-export.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { planCall } from "../conduct.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { IDENTIFIER, withIdentifier } from "./identifier.ts";

const { subject: _, ...params } = subjectExport.params;

export default defineCommand({
  about: subjectExport.about,
  args: { file: IDENTIFIER, ...params },
  examples: [
    { line: "subject export -o person.txt", about: "to read: each record, with where it was found" },
    { line: "subject export - --portable -o person.json < identifier.txt", about: "for another program" },
  ],
  json: [SUBJECT_EXPORT],
  jsonNote: "the same as --portable",
  async run(call): Promise<ExitCode> {
    const { portable } = call.args;
    const own = await withIdentifier(call, call.args.file, { portable: portable || call.json });
    await using planned = await planCall(subjectExport, own);
    const { result, ending } = await planned.carryOut();
    for (const lack of result.lacks) call.terminal.warn(lack);
    const { output } = call.args;
    if (output !== undefined && output !== "-")
      call.terminal.last(`${output}: ${counted(result.records, "record")}, each once`);
    return ending.outcome === "success" ? EXIT.ok : EXIT.partial;
  },
});
