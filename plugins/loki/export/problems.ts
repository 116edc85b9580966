/** What an export must say about a page: what the server warned of, changed, or cannot show. */
import type { Problem, Range } from "contextcore";
import type { Api } from "../server/api.ts";
import type { PageStream } from "../server/entries.ts";
import { type Page, SUFFIX } from "../server/page.ts";
import { isBookkeeping } from "../server/selector.ts";

/** Problems of a page whose entries are kept, except {@link problemsOfNames}. @param streams what is kept of it */
export function problemsOf(page: Page, streams: readonly PageStream[], { from, to }: Range): Problem[] {
  const warned = page.warnings.map((text): Problem => {
    return { kind: "incomplete", reason: `Loki warns: ${text}`, range: { from, to } };
  });
  const isNormalised = streams.some(({ labels }) => Object.keys(labels).some(isBookkeeping));
  return [
    ...warned,
    ...(page.categorized || page.entries.length === 0 ? [] : [MIXED]),
    ...(isNormalised ? [NORMALISED] : []),
    ...(hasReplacements(page.entries.buffer) ? [REPLACED] : []),
  ];
}

const MIXED: Problem = {
  kind: "lossy",
  reason:
    "this Loki does not keep structured metadata apart in its answers (older than 3.0): where there is any, it stands among the stream's labels",
};

const NORMALISED: Problem = {
  kind: "normalised",
  reason: "labels that Loki itself adds to spread a stream (__stream_shard__ and its like) were left out",
};

const REPLACED: Problem = {
  kind: "lossy",
  reason: "some lines were not valid UTF-8: Loki's API gives U+FFFD (�) in place of those bytes",
};

/** Loki writes a stored U+FFFD unchanged, but an escape for invalid bytes (json-iterator, `WriteString`). */
function hasReplacements(answer: Buffer): boolean {
  for (let at = answer.indexOf("\\ufffd"); at >= 0; at = answer.indexOf("\\ufffd", at + 1)) {
    let backslashes = 0;
    while (answer[at - 1 - backslashes] === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return true;
  }
  return false;
}

/** Problems of a page whose structured metadata has names of labels. @param taken these labels */
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
