import { requestsJson, SUBJECT_REQUESTS } from "../../results/subject.ts";
import { type RetryPlan, subjectRetry } from "../../tasks/subject-retry.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { foundText, showFound } from "./show-found.ts";
import { requestText } from "./show-request.ts";

const args = { ...subjectRetry.params, ...planArgs("show what is owed, and do nothing") } as const;

export default defineCommand({
  about: subjectRetry.about,
  args,
  examples: [
    { line: "subject retry --yes", about: "by schedule: nothing is forgotten because one run ended" },
    { line: "subject retry --identity backup.key", about: "where the identity of encrypted copies is" },
  ],
  json: [SUBJECT_REQUESTS],
  run: (call) =>
    conduct(subjectRetry, call, {
      untouched: "nothing was erased",
      show: (plan) => show(call, plan),
      question: ({ erasures }) => ({
        message: `Go on with ${counted(erasures.length, "request")}?`,
        what: "the erasure",
      }),
      report({ stuck }, result) {
        if (call.json) printResult(call, SUBJECT_REQUESTS, requestsJson(result ?? { requests: [], stuck }));
        for (const request of result?.requests ?? []) call.terminal.last(requestText(request));
        return result === undefined && stuck.length > 0 ? EXIT.partial : undefined;
      },
    }),
});

function show(call: Call<typeof args>, { erasures, stuck }: RetryPlan): void {
  const { terminal, json } = call;
  for (const { id, reason } of stuck) terminal.warn(`request ${id}: ${reason}`);
  if (json) return;
  if (erasures.length + stuck.length === 0) terminal.note("no request is open");
  for (const { request, plan } of erasures) {
    planPaper(call).print(`${request.id}: ${foundText(plan.search)}`);
    showFound(planPaper(call), terminal, plan.search);
  }
}
