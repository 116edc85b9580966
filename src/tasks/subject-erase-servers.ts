/** Erases what servers hold of one person, as far as they can, and knows what they have yet to do. */
import type { ErasureOutcome, Found } from "../contract/contract.ts";
import type { PendingErasure } from "../retention/subjects/requests/kept.ts";
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { blotting } from "../retention/subjects/spellings.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { FoundOnServer, Search } from "./subject-found.ts";
import type { StaysOf } from "./subject-stays.ts";
import type { TaskContext } from "./task/task.ts";

interface OfServers {
  readonly outcomes: readonly SubjectOutcome[];
  /** What is to be asked about again. */
  readonly pending: PendingErasure[];
}

interface Plan {
  readonly subject: string;
  readonly search: Search;
}

type Servers = Pick<TaskContext, "backends" | "signal">;

/** @param before what an earlier try has left to the servers */
export async function eraseOnServers(
  { subject, search }: Plan,
  before: readonly PendingErasure[],
  context: Servers,
): Promise<OfServers> {
  const outcomes: SubjectOutcome[] = [];
  const pending: PendingErasure[] = [];
  const found = search.servers.map((one) => withoutStaying(one, search.stays));
  for (const backend of new Set([...before, ...found].map((one) => one.backend))) {
    const all = [...before, ...found].filter((one) => one.backend === backend).flatMap((one) => one.found);
    const each = onceEach(all);
    if (each.length === 0) continue;
    const answers = await answersOf(context, backend, { id: subject, found: each });
    const blot = blotting(subject);
    outcomes.push(...answers.map((answer, index) => outcomeOf(backend, each[index], answer, blot)));
    const left = each.filter((_, index) => answers[index]?.state === "owed");
    if (left.length > 0) pending.push({ backend, found: left.map(lasting) });
  }
  return { outcomes, pending };
}

/** What of a server's may go. */
export const withoutStaying = ({ backend, found }: FoundOnServer, stays: StaysOf): FoundOnServer => ({
  backend,
  found: found.filter(({ range }) => stays(backend, range) === undefined),
});

/** What was found again is asked for once. */
const onceEach = (found: readonly Found[]): Found[] => [
  ...new Map(found.map((one) => [JSON.stringify(one.reference), one])).values(),
];

const lasting = ({ unit, count, where, reference }: Found): PendingErasure["found"][number] => ({
  ...{ unit, count, where, reference },
});

/** Whatever goes wrong with a server is owed. */
async function answersOf(
  { backends, signal }: Servers,
  name: string,
  request: { readonly id: string; readonly found: readonly Found[] },
): Promise<readonly ErasureOutcome[]> {
  const backend = backends.find((one) => one.name === name)?.backend;
  const all = (state: ErasureOutcome["state"], reason: string) =>
    request.found.map(({ count }) => ({ state, count, reason }));
  if (backend === undefined) return all("owed", "the configuration does not open it now");
  if (backend.erase === undefined) return all("impossible", "its plugin cannot erase anything on the server");
  try {
    const { outcomes } = await backend.erase(request, signal);
    if (outcomes.length === request.found.length) return outcomes;
    return all("owed", `it answers for ${outcomes.length} of ${request.found.length}`);
  } catch (error) {
    signal.throwIfAborted();
    return all("owed", messageOf(error));
  }
}

function outcomeOf(
  name: string,
  found: Found | undefined,
  { state, count, reason, due }: ErasureOutcome,
  blot: (text: string) => string,
): SubjectOutcome {
  return {
    ...{ source: "server", name, unit: found?.unit ?? "records", count },
    state: state === "erased" ? "done" : state,
    at: toRfc3339(fromMs(Date.now())),
    ...given({ reason: reason && blot(reason), due: due === undefined ? undefined : toRfc3339(due) }),
  };
}
