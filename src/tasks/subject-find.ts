/** Finds everything that belongs to one person, and changes nothing. */
import { requestKey } from "../retention/subjects/requests/key.ts";
import { erasable, type Search } from "./subject-found.ts";
import { SUBJECT_PARAMS } from "./subject-param.ts";
import { searchSubject } from "./subject-search.ts";
import { openedForSubjects } from "./subject-wanted.ts";
import { type Done, defineTask } from "./task/task.ts";

export const subjectFind = defineTask({
  kind: "subject_find",
  about:
    "find what belongs to one person: on servers, in snapshots and copies, in the log of runs, in the trail",
  params: SUBJECT_PARAMS,
  opens: (_, config) => openedForSubjects(config),
  destructive: false,
  plan: async (given) => given,
  targets: () => [],
  async run(given, running): Promise<Done<Search>> {
    const result = await searchSubject(running, given);
    const details = {
      subject: requestKey(running.home).nameOf(given.subject),
      records: erasable(result.parts),
      unsearched: result.unsearched.length,
    };
    return { result, ending: { outcome: result.unsearched.length === 0 ? "success" : "partial", details } };
  },
});
