import { SUBJECT_ERASE, subjectErasedJson } from "../../results/subject.ts";
import type { SubjectRequest } from "../../retention/subjects/requests/request.ts";
import { subjectErase } from "../../tasks/subject-erase.ts";
import { erasable, type Search } from "../../tasks/subject-found.ts";
import type { Unsaved } from "../../tasks/subject-unsaved.ts";
import { readWholeNumber } from "../../tasks/task/count.ts";
import { RefusedError } from "../../tasks/task/errors.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import type { Question } from "../confirmed.ts";
import { printResult } from "../print-result.ts";
import { IDENTIFIER, withIdentifier } from "./identifier.ts";
import { foundText, showFound } from "./show-found.ts";
import { requestText, showRequest } from "./show-request.ts";

const { subject: _, ...params } = subjectErase.params;

export default defineCommand({
  about: subjectErase.about,
  args: {
    file: IDENTIFIER,
    ...params,
    records: {
      type: "value",
      hint: "N",
      parse: readWholeNumber,
      about:
        "agree beforehand to erase exactly this many records, which --dry-run tells; default: they are asked for",
    },
    "dry-run": { type: "flag", about: "show what would be erased, and what cannot be, and erase nothing" },
  },
  examples: [
    {
      line: "subject erase",
      about: "asks for the identifier, shows the plan, and has the number of records typed",
    },
    { line: "subject erase - --records 1284 < identifier.txt", about: "without a terminal" },
  ],
  json: [SUBJECT_ERASE],
  async run(call) {
    const own = await withIdentifier(call, call.args.file);
    return conduct(subjectErase, own, {
      untouched: "nothing was erased",
      show({ search, unsaved }) {
        if (!call.json) showFound(planPaper(own), call.terminal, search);
        if (!call.json) call.terminal.tell(foundText(search));
        for (const one of unsaved) call.terminal.warn(unsavedText(one));
      },
      question: ({ search }) => questionOf(search, call.args.records),
      report({ search }, request) {
        if (call.json) printResult(call, SUBJECT_ERASE, subjectErasedJson(search, request));
        if (request !== undefined) tell(call.terminal, request, call.json);
        return undefined;
      },
    });
  },
});

const unsavedText = ({ backend, unit, count }: Unsaved): string =>
  `${backend}: its server holds ${countedUnit(count, unit)} beyond what snapshots have; that gets no tombstone, so a copy that nobody here knows of could bring it back: contextcore export saves it first`;

/** @throws RefusedError when another number was agreed to than was found */
function questionOf({ parts }: Search, agreed: number | undefined): Question | undefined {
  const records = erasable(parts);
  if (agreed === records) return undefined;
  if (agreed !== undefined)
    throw new RefusedError(
      `${counted(records, "record")} can be erased, and --records ${agreed} agrees to another number`,
      "look at the plan with --dry-run",
    );
  return {
    message: `Type the number of records, ${records}, to erase them for good`,
    typed: `${records}`,
    what: "the erasure",
    unasked: {
      message: "the erasure was not agreed to",
      hint: "without a terminal: --records N agrees to exactly so many records, and --dry-run tells how many there are",
    },
  };
}

function tell(terminal: Parameters<typeof showRequest>[0], request: SubjectRequest, isJson: boolean): void {
  if (!isJson) showRequest(terminal, request);
  terminal.last(requestText(request));
}
