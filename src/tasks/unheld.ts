/** What would be destroyed, and is held. */
import type { Surveyed } from "../inventory/survey.ts";
import { readHolds } from "../retention/holds/file.ts";
import { holdsOn } from "../retention/holds/hold.ts";
import { listed } from "../units/words.ts";
import { RefusedError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** What is held is not destroyed, whatever is saved of it before. @throws RefusedError; HoldError */
export function requireUnheld(
  findings: readonly Pick<Surveyed, "name">[],
  { config }: Pick<TaskContext, "config">,
): void {
  const holds = readHolds(config);
  const held = findings.flatMap(({ name }) =>
    holdsOn(holds, { backend: name }).map((hold) => ({ backend: name, hold: hold.name })),
  );
  const [first] = held;
  if (first === undefined) return;
  const backends = [...new Set(held.map(({ backend }) => backend))];
  const names = [...new Set(held.map(({ hold }) => hold))];
  throw new RefusedError(
    `${listed(backends)} ${backends.length === 1 ? "is" : "are"} held by ${listed(names)}, and the command would destroy it`,
    `once nobody needs it any more: contextcore retention hold end ${first.hold}`,
    { held: backends, holds: names },
  );
}
