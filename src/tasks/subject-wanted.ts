/** What a task opens that looks for one person's data. */
import type { Config } from "../config/config.ts";
import { OWN_RUNS } from "../config/subjects.ts";
import type { Wanted } from "./task/task.ts";

/** The backends of which the configuration says where persons show up, and every place. */
export function openedForSubjects({ subjects }: Pick<Config, "subjects">): Wanted {
  const only = Object.keys(subjects).filter((name) => name !== OWN_RUNS);
  return only.length === 0
    ? { stores: true, asksNothing: true }
    : { stores: true, only, onlyBy: "subjects:" };
}
