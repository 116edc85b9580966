/** What is looked for in snapshots, and in texts that are no data. */
import type { Sought } from "../retention/subjects/in-snapshot.ts";
import { type Matcher, matcherOf } from "../retention/subjects/matcher.ts";
import { type Needle, needleOf } from "../retention/subjects/needle.ts";
import { placesOf } from "./subject-servers.ts";
import type { TaskContext } from "./task/task.ts";

interface AllSought {
  readonly data: Sought;
  readonly texts: Pick<Matcher, "isIn"> & { readonly needle: Needle };
}

/** By what the configuration says of where persons show up in each backend. */
export function soughtOf(context: Pick<TaskContext, "config">, subject: string): AllSought {
  const needle = needleOf(subject);
  const { isIn } = matcherOf(subject);
  return {
    data: { needle, matcher: ({ name }) => matcherOf(subject, placesOf(context, { name })) },
    texts: { needle, isIn },
  };
}
