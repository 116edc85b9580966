/** A run as a service takes it, without secrets: they do not leave this process, whatever the service would do with them. */
import { given } from "../../units/given.ts";
import { kept, keptText } from "../content/keep.ts";
import { labels } from "../content/labels.ts";
import type { NewRun } from "../log.ts";
import type { RunEnding } from "../open-run.ts";

/** How much is kept is the service's to say, unless this run says it. @throws what is no run */
export function sentRun(run: NewRun & Required<Pick<NewRun, "id" | "started">>, ending: RunEnding) {
  const { asked, content: wanted, started, source: _, onLost: _onLost, id, ...origin } = run;
  const { status, answer, error = answer?.error, firstChunk, ended } = ending;
  const content = wanted ?? "redacted";
  const { input, output } = kept({ input: asked.input, output: answer?.output ?? [] }, content);
  const { tokens = {}, model, finishReason } = answer ?? {};
  const clean = <Names extends object>(names: Names) => labels(names, content === "full");
  const names = { ...origin, modelAsked: asked.model, modelAnswered: model, finishReason };
  return {
    ...clean({ ...names, user: origin.user ?? asked.user }),
    ...{ id, status, input, output, ...given({ content: wanted }) },
    ...given({ entity: origin.entity && { type: "", id: "", ...clean(origin.entity) } }),
    ...given({
      error: error && { class: "", ...clean({ class: error.class }), text: keptText(error.text, content) },
    }),
    ...given({ tokensInput: tokens.input, tokensOutput: tokens.output }),
    ...given({ tokensCached: tokens.cached, tokensReasoning: tokens.reasoning }),
    ...{
      started: time(started),
      ended: time(ended),
      ...given({ firstChunk: firstChunk && time(firstChunk) }),
    },
  };
}

const time = (ms: number): string => new Date(ms).toISOString();
