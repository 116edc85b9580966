import { owedText, requestsJson, SUBJECT_REQUESTS } from "../../results/subject.ts";
import type { SubjectRequest } from "../../retention/subjects/requests/request.ts";
import { type ListedRequests, listRequests } from "../../tasks/subject-requests.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { minute } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { requestText, showRequest } from "./show-request.ts";

export default defineCommand({
  about:
    "list requests for erasure, or show the report of one: what was found, done, is owed and is impossible",
  args: {
    id: {
      type: "positional",
      hint: "ID",
      about: "the beginning of a request's id (default: all are listed)",
    },
  },
  examples: [
    { line: "subject requests", about: "what is owed, and until when" },
    { line: "subject requests 20260124 --json", about: "the report of one, for the authority" },
  ],
  json: [SUBJECT_REQUESTS],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { directory } = await configOf(call);
    const all = listRequests(directory);
    const { id } = call.args;
    const listed = id === undefined ? all : { requests: [requestMeant(all, id)], stuck: [] };
    if (call.json) printResult(call, SUBJECT_REQUESTS, requestsJson(listed));
    else if (id === undefined) showAll(call.terminal, listed);
    else showOne(call.terminal, listed.requests);
    return EXIT.ok;
  },
});

/** @throws UsageError when there is none, or several are meant */
function requestMeant({ requests }: ListedRequests, begun: string): SubjectRequest {
  const [first, ...others] = requests.filter(({ id }) => id.startsWith(begun));
  if (first !== undefined && others.length === 0) return first;
  throw new UsageError(
    first === undefined
      ? `there is no request ${begun}`
      : `${begun} may be any of ${others.length + 1} requests`,
    "contextcore subject requests lists them",
  );
}

function showOne(terminal: Terminal, requests: readonly SubjectRequest[]): void {
  for (const request of requests) {
    const { asked, subject, tried, found } = request;
    terminal.print(requestText(request));
    terminal.print(
      `asked ${minute(asked)} UTC for ${counted(found, "record")}; tried ${counted(tried, "time")}; subject ${subject}`,
    );
    showRequest(terminal, request);
  }
}

function showAll(terminal: Terminal, { requests, stuck }: ListedRequests): void {
  if (requests.length + stuck.length === 0) terminal.tell("nobody has asked for erasure yet");
  printTable(
    terminal,
    [{}, {}, {}, {}],
    requests.map((request) => [
      terminal.colors.bold(request.id),
      `asked ${minute(request.asked)} UTC`,
      owedText(request),
      request.closed === undefined
        ? `until ${minute(request.deadline)} UTC`
        : `closed ${minute(request.closed)} UTC`,
    ]),
  );
  for (const { id, reason } of stuck) terminal.warn(`request ${id}: ${reason}`);
}
