/** One erasure: what would be erased, as it was found, and carrying that out, stage by stage. */
import type { KeptRequests, Sealed } from "../retention/subjects/requests/kept.ts";
import { keptRequests } from "../retention/subjects/requests/kept.ts";
import { requestKey } from "../retention/subjects/requests/key.ts";
import {
  afterTry,
  type SubjectOutcome,
  type SubjectRequest,
} from "../retention/subjects/requests/request.ts";
import { blotting } from "../retention/subjects/spellings.ts";
import { snapshotNameAt } from "../snapshot/format/name.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { DAY_MS, fromMs, toRfc3339 } from "../units/range.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import { afterwards } from "./subject-afterwards.ts";
import { eraseKept } from "./subject-erase-kept.ts";
import { eraseOwnRuns } from "./subject-erase-runs.ts";
import { eraseOnServers, withoutStaying } from "./subject-erase-servers.ts";
import { erasable, type Search } from "./subject-found.ts";
import { closedSince, openRequestOf, type RequestNow } from "./subject-request-now.ts";
import { searchSubject, type WholeSearch } from "./subject-search.ts";
import { stayingOf } from "./subject-staying.ts";
import { countSaved, type Unsaved } from "./subject-unsaved.ts";
import { RefusedError } from "./task/errors.ts";
import type { Running, Target, TaskContext } from "./task/task.ts";

/** Who asks, with what encrypted copies are opened, and what an earlier try has left. */
interface ErasureGiven extends PlacesGiven, Partial<RequestNow> {
  readonly subject: string;
}

/** What would be erased. */
export interface ErasurePlan {
  /** The identifier; a secret. */
  readonly subject: string;
  readonly given: ErasureGiven;
  readonly search: WholeSearch;
  /** What no snapshot has of it. */
  readonly unsaved: readonly Unsaved[];
  /** In what the configuration says of then persons show up. */
  readonly places: string;
}

/** Looks for everything, and changes nothing. */
export async function planErasure(context: TaskContext, given: ErasureGiven): Promise<ErasurePlan> {
  const places = hashOf(context.config.subjects);
  const known = given.sealed?.places === places ? new Set(given.sealed.known) : new Set<string>();
  const { unsavedIn, ...counting } = countSaved();
  const search = await searchSubject(context, { ...given, ...counting, known });
  return { subject: given.subject, given, search, places, unsaved: unsavedIn(search) };
}

const hashOf = (value: object): string =>
  new Bun.CryptoHasher("sha256").update(canonicalJson(JSON.parse(JSON.stringify(value)))).digest("hex");

/** What it would touch: each by what makes it this very thing. Nothing where there is nothing, nothing is unknown, and no request is open: to close it, too, is work. */
export function erasureTargets({ search, given }: ErasurePlan): Target[] {
  const { servers, kept, runs, parts, unsearched } = search;
  const own = parts.find(({ source }) => source === "activity");
  if (parts.length + unsearched.length === 0 && given.request === undefined) return [];
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
  const { subject, given } = plan;
  const closed = closedSince(given.request, requests);
  if (closed !== undefined) return closed;
  const key = requestKey(running.home);
  const { request, sealed = nothingOf(plan) } = openRequestOf(subject, requests, key) ?? {
    request: asked(plan, key.nameOf(subject)),
  };
  requests.keep(request, sealed, key);
  running.did({ request: request.id });
  const { outcomes, ...after } = await erased(plan, { request, sealed }, running);
  const tried = afterTry(request, onceOwed(outcomes.map(blotted(subject))), now());
  requests.keep(tried, { subject, places: plan.places, ...after }, key);
  return tried;
}

/** Snapshots come first: there each record gets its tombstone, before it goes anywhere. */
async function erased(
  plan: ErasurePlan,
  { request, sealed }: RequestNow,
  running: TaskContext,
): Promise<Pick<Sealed, "known" | "pending"> & { readonly outcomes: readonly SubjectOutcome[] }> {
  const { search, given } = plan;
  const kept = await eraseKept(plan, running, request.id);
  const servers = await eraseOnServers(plan, sealed.pending, running);
  const runs = eraseOwnRuns(search);
  const found = new Set(search.kept.map(({ one }) => one.sha256));
  return {
    outcomes: [
      ...stayingOf(search),
      ...kept.outcomes,
      ...servers.outcomes,
      ...runs,
      ...(await afterwards(running, search, given)),
    ],
    known: [...[...search.looked].filter((one) => !found.has(one)), ...kept.clean],
    pending: servers.pending,
  };
}

/** What is found to be owed by two ways is owed once. */
const onceOwed = (outcomes: readonly SubjectOutcome[]): SubjectOutcome[] => [
  ...new Map(
    outcomes.map((one, number) => {
      const { source, name, unit, count, reason, state } = one;
      return [state === "owed" ? JSON.stringify([source, name, unit, count, reason]) : number, one] as const;
    }),
  ).values(),
];

/** Whatever a server or a file says of it, the identifier is nowhere in a report. */
const blotted = (subject: string): ((outcome: SubjectOutcome) => SubjectOutcome) => {
  const blot = blotting(subject);
  return ({ name, reason, ...outcome }) => ({
    ...{ ...outcome, name: blot(name) },
    ...(reason === undefined ? {} : { reason: blot(reason) }),
  });
};

const now = (): string => toRfc3339(fromMs(Date.now()));

/** What is known before the first try. */
const nothingOf = ({ subject, places }: ErasurePlan): Sealed => ({ subject, known: [], places, pending: [] });

/** A request of which nothing is done yet. */
function asked({ search: { parts } }: ErasurePlan, subject: string): SubjectRequest {
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
