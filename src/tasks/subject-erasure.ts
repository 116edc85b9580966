/** One erasure: what would be erased, as it was found, and carrying that out, stage by stage. */
import type { KeptRequests, Sealed } from "../retention/subjects/requests/kept.ts";
import { keptRequests } from "../retention/subjects/requests/kept.ts";
import { requestKey } from "../retention/subjects/requests/key.ts";
import {
  afterTry,
  type SubjectOutcome,
  type SubjectRequest,
} from "../retention/subjects/requests/request.ts";
import { snapshotNameAt } from "../snapshot/format/name.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { DAY_MS, fromMs, toRfc3339 } from "../units/range.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import { eraseKept } from "./subject-erase-kept.ts";
import { eraseOwnRuns } from "./subject-erase-runs.ts";
import { eraseOnServers, withoutStaying } from "./subject-erase-servers.ts";
import { erasable, type Search } from "./subject-found.ts";
import { madeSince } from "./subject-made-since.ts";
import { searchSubject, type WholeSearch } from "./subject-search.ts";
import { stayingOf } from "./subject-staying.ts";
import { RefusedError } from "./task/errors.ts";
import type { Running, Target, TaskContext } from "./task/task.ts";

/** Who asks, with what encrypted copies are opened, and what an earlier try has left. */
interface ErasureGiven extends PlacesGiven {
  readonly subject: string;
  /** The request that is gone on with. */
  readonly request?: SubjectRequest;
  readonly sealed?: Sealed;
}

/** What would be erased. */
export interface ErasurePlan {
  /** The identifier; a secret. */
  readonly subject: string;
  readonly given: ErasureGiven;
  readonly search: WholeSearch;
  /** In what the configuration says of then persons show up. */
  readonly places: string;
}

/** Looks for everything, and changes nothing. */
export async function planErasure(context: TaskContext, given: ErasureGiven): Promise<ErasurePlan> {
  const places = hashOf(context.config.subjects);
  const known = given.sealed?.places === places ? new Set(given.sealed.known) : new Set<string>();
  const search = await searchSubject(context, { ...given, known });
  return { subject: given.subject, given, search, places };
}

const hashOf = (value: object): string =>
  new Bun.CryptoHasher("sha256").update(canonicalJson(JSON.parse(JSON.stringify(value)))).digest("hex");

/** What it would touch: each by what makes it this very thing. Nothing where there is nothing, and nothing is unknown. */
export function erasureTargets({ search, given }: ErasurePlan): Target[] {
  const { servers, kept, runs, parts, unsearched } = search;
  const own = parts.find(({ source }) => source === "activity");
  if (parts.length + unsearched.length === 0 && (given.sealed?.pending ?? []).length === 0) return [];
  return [
    {
      kind: "request",
      name: given.request?.id ?? "request",
      identity: hashOf({ parts: told(parts), unsearched }),
    },
    ...servers
      .map((one) => withoutStaying(one, search.stays))
      .filter(({ found }) => found.length > 0)
      .map(({ backend, found }) => ({
        kind: "backend",
        name: backend,
        identity: hashOf(found.map(({ reference }) => reference)),
      })),
    ...kept.map(({ one: { sha256, kept: snapshot } }) => ({
      kind: "snapshot",
      name: snapshot.path,
      identity: sha256,
    })),
    ...(own === undefined ? [] : [{ kind: "database", name: own.name, identity: hashOf([...runs]) }]),
  ];
}

const told = (parts: Search["parts"]): object[] => parts.map(({ range: _, ...part }) => part);

/** What the trail has of it in advance. */
export const erasureDetails = ({ subject, search }: ErasurePlan, home: string) => ({
  subject: requestKey(home).nameOf(subject),
  records: erasable(search.parts),
  sources: [...new Set(search.parts.map(({ source }) => source))],
});

/** How long a request may take. Days: one month, as the law says. */
const DEADLINE_DAYS = 30;

/** Erases what was found, and keeps what is owed. @throws RefusedError while another erasure is running; RequestError */
export async function carryOutErasure(
  plan: ErasurePlan,
  running: Pick<Running, keyof TaskContext | "did">,
): Promise<SubjectRequest> {
  const requests = keptRequests(running.config.directory);
  const lock = requests.lock();
  if (lock === undefined)
    throw new RefusedError(
      "another erasure is running, and only one may at a time",
      "try again once it has ended",
    );
  try {
    return await carriedOut(plan, requests, running);
  } finally {
    lock.release();
  }
}

async function carriedOut(
  plan: ErasurePlan,
  requests: KeptRequests,
  running: Pick<Running, keyof TaskContext | "did">,
): Promise<SubjectRequest> {
  const { subject, search, given } = plan;
  const key = requestKey(running.home);
  const request =
    given.request ?? openRequest(requests, key.nameOf(subject)) ?? newRequest(plan, key.nameOf(subject));
  const before: Sealed = given.sealed ?? { subject, known: [], places: plan.places, pending: [] };
  requests.keep(request, before, key);
  running.did({ request: request.id });
  const outcomes: SubjectOutcome[] = [...stayingOf(search)];
  const servers = await eraseOnServers(plan, before.pending, running);
  outcomes.push(...servers.outcomes, ...eraseOwnRuns(search));
  const kept = await eraseKept(plan, running, request.id);
  outcomes.push(...kept.outcomes, ...(await madeSince(running, search)));
  const after = afterTry(request, outcomes, now());
  const found = new Set(search.kept.map(({ one }) => one.sha256));
  const known = [...[...search.looked].filter((one) => !found.has(one)), ...kept.clean];
  requests.keep(after, { subject, known, places: plan.places, pending: servers.pending }, key);
  return after;
}

const now = (): string => toRfc3339(fromMs(Date.now()));

/** Two requests of one person are one. */
const openRequest = (requests: KeptRequests, name: string): SubjectRequest | undefined =>
  requests
    .list()
    .flatMap((one) => ("problem" in one ? [] : one))
    .find(({ subject, closed }) => subject === name && closed === undefined);

function newRequest({ search: { parts } }: ErasurePlan, subject: string): SubjectRequest {
  const at = Date.now();
  return {
    id: `${snapshotNameAt(fromMs(at))}-${subject.slice(0, 8)}`,
    subject,
    asked: toRfc3339(fromMs(at)),
    deadline: toRfc3339(fromMs(at + DEADLINE_DAYS * DAY_MS)),
    tried: 0,
    found: parts.reduce((sum, { count }) => sum + count, 0),
    outcomes: [],
  };
}
