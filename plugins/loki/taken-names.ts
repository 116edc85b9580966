import type { Problem, Range } from "contextcore";
import type { Api } from "./api.ts";
import { SUFFIX } from "./sent.ts";

/** What an export says where metadata has the names of labels. @param taken these labels */
export async function problemsOfNames(
  api: Api,
  taken: ReadonlySet<string>,
  { selector, from, to }: Range & { readonly selector: string },
  signal: AbortSignal,
): Promise<Problem[]> {
  if (taken.size === 0) return [];
  const streams = await api.series([selector], { from, to }, signal);
  const hidden = [...taken]
    .map((name) => name + SUFFIX)
    .filter((name) => streams.some((one) => Object.hasOwn(one, name)));
  return hidden.length === 0 ? [RENAMED] : [RENAMED, { ...HIDDEN, items: hidden, range: { from, to } }];
}

const RENAMED: Problem = {
  kind: "normalised",
  reason:
    "structured metadata that has the name of a label of its stream is shown by Loki as NAME_extracted, and was saved under its own name",
};

const HIDDEN: Problem = {
  kind: "lossy",
  reason:
    "some entries have structured metadata by which Loki hides a label of their stream (it shows the metadata NAME as NAME_extracted, and the stream has both labels): those entries were saved in a stream without that label",
};
