/** The part of what is open that words name. */
import { namesMeantBy } from "../host/open.ts";
import type { TaskContext } from "./task/task.ts";

/** As a part of another task, more may be open than what is to be exported. @param words names of backends; none: all */
export function onlyNamed(words: readonly string[], context: TaskContext): TaskContext {
  const names = new Set(words.flatMap((word) => namesMeantBy(word, context)));
  if (names.size === 0) return context;
  const isNamed = ({ name }: { readonly name: string }): boolean => names.has(name);
  return {
    ...context,
    backends: context.backends.filter(isNamed),
    failures: context.failures.filter(isNamed),
  };
}
