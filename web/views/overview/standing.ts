/** How well the stack is saved, from what the service knows: pure, so that every sentence of the overview has one reason. */
import { counted } from "../../../src/units/words.ts";
import type { Inventory, ListedDrill, ListedSnapshot, Schedule, SnapshotList } from "../../api/shapes.ts";
import { timeText } from "../../parts/time-text.ts";
import { ofDrills } from "./drilled.ts";
import type { Finding } from "./finding.ts";
import { gapsIn } from "./span.ts";

/** What is known; the servers' part may come later. Times are ms since 1970. */
interface Known {
  readonly list: SnapshotList;
  readonly schedules: readonly Schedule[];
  readonly inventory?: Inventory | undefined;
  /** Whose reports are kept, the newest first. */
  readonly drills?: readonly ListedDrill[] | undefined;
  readonly now: number;
}

type Server = Inventory["backends"][number];

/** How one backend stands. */
export interface Holding {
  readonly backend: string;
  readonly server?: Server | undefined;
  /** The newest snapshot with a part of it. */
  readonly newest?: ListedSnapshot | undefined;
  /** Of that part. */
  readonly status?: ListedSnapshot["status"] | undefined;
  /** When the newest snapshot was made that has it whole, ms. */
  readonly wholeAt?: number | undefined;
  /** The end of what is covered of its time line; of what has none, the newest complete snapshot. ms */
  readonly savedUntil?: number | undefined;
  readonly gaps: readonly { readonly from: string; readonly to: string }[];
  /** The schedules that save it. */
  readonly promises: readonly Schedule[];
  /** When the oldest data that no snapshot holds is deleted by its server, ms. Absent: never, or it is not known. */
  readonly losesAt?: number | undefined;
}

const ms = (text: string): number => Date.parse(text);

/** Every backend that is configured or was ever saved. */
export function holdingsOf({ list, inventory, schedules, now }: Known): Holding[] {
  const saved = list.snapshots.flatMap(({ backends }) => backends.map(({ backend }) => backend));
  const names = new Set([...(inventory?.backends ?? []).map(({ backend }) => backend), ...saved]);
  const newestOf = new Map<string, ListedSnapshot>();
  const wholeOf = new Map<string, ListedSnapshot>();
  for (const snapshot of list.snapshots)
    for (const { backend, match, status } of snapshot.backends) {
      newestOf.set(backend, snapshot);
      if (status === "complete" && match === undefined) wholeOf.set(backend, snapshot);
    }
  return [...names].sort().map((backend) => {
    const server = inventory?.backends.find((one) => one.backend === backend);
    const line = list.coverage.find((one) => one.backend === backend);
    const [newest, whole] = [newestOf.get(backend), wholeOf.get(backend)];
    const covered = line?.covered.at(-1)?.to ?? (line === undefined ? whole?.created : undefined);
    const savedUntil = covered === undefined ? undefined : ms(covered);
    const gaps = line === undefined ? [] : gapsIn(line);
    return {
      ...{ backend, server, newest, savedUntil, gaps },
      status: newest?.backends.find((one) => one.backend === backend)?.status,
      wholeAt: whole === undefined ? undefined : ms(whole.created),
      promises: promises(schedules).filter((one) => isMeant(one, backend)),
      losesAt: losesAt(server, savedUntil, gaps, now),
    };
  });
}

/** The oldest data that is still there and that no snapshot holds, and when its server deletes it. */
function losesAt(
  server: Server | undefined,
  savedUntil: number | undefined,
  gaps: Holding["gaps"],
  now: number,
): number | undefined {
  const keeps = server?.retentionSeconds;
  if (server?.state !== "reached" || keeps === undefined || server.oldest === undefined) return undefined;
  const oldest = Math.max(ms(server.oldest), now - keeps * 1_000);
  const open = gaps.filter(({ to }) => ms(to) > oldest).map(({ from }) => Math.max(ms(from), oldest));
  const first = Math.min(...open, savedUntil === undefined ? oldest : Math.max(savedUntil, oldest));
  return first + keeps * 1_000;
}

/** Everything that somebody should know, the worst first. */
export function findingsOf(known: Known, holdings: readonly Holding[]): Finding[] {
  const found = [
    ...ofSnapshots(known),
    ...known.schedules.flatMap(ofSchedule),
    ...ofDrills(known.drills ?? []),
    ...ofPromises(known),
    ...holdings.flatMap((one) => ofPromise(one, known)),
    ...holdings.flatMap((one) => ofHolding(one, known)),
    ...ofServers(known),
  ];
  const order = ["error", "warning", "info"];
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function ofSnapshots({ list }: Known): Finding[] {
  const { snapshots, unreadable, unfinished } = list;
  return [
    ...(snapshots.length === 0
      ? [{ severity: "error" as const, text: "Nothing is saved yet: no snapshot is kept." }]
      : []),
    ...(unreadable.length === 0
      ? []
      : [
          {
            severity: "error" as const,
            text: `${counted(unreadable.length, "snapshot")} cannot be read.`,
            href: "/snapshots",
          },
        ]),
    ...(unfinished.length === 0
      ? []
      : [
          {
            severity: "info" as const,
            text: `${counted(unfinished.length, "export")} was begun and not finished; an export with “resume” finishes it.`,
            href: "/snapshots",
          },
        ]),
  ];
}

const FAILURES: Readonly<Record<string, Finding["severity"]>> = {
  failed: "error",
  refused: "error",
  "not-started": "error",
  interrupted: "error",
  partial: "warning",
  cancelled: "warning",
};

function ofSchedule({ name, missed, lastRun, since }: Schedule): Finding[] {
  const severity = FAILURES[lastRun?.outcome ?? ""];
  const href = lastRun?.run === undefined ? "/schedules" : `/tasks/${encodeURIComponent(lastRun.run)}`;
  const why = lastRun?.message === undefined ? "." : `: ${lastRun.message}`;
  return [
    ...(severity === undefined
      ? []
      : [
          {
            ...{ severity, subject: name, href },
            text: `ran last with the outcome “${lastRun?.outcome.replace("-", " ")}”${why}`,
          },
        ]),
    ...(missed === undefined || since !== undefined
      ? []
      : [{ severity: "error" as const, subject: name, text: "has missed a run.", href: "/schedules" }]),
  ];
}

/** The schedules that save something. */
export const promises = (schedules: readonly Schedule[]): Schedule[] =>
  schedules.filter(({ task }) => task === "export");

/** A schedule may name the backends that it saves. */
function isMeant({ params }: Schedule, backend: string): boolean {
  const named = [params.plugin ?? []].flat();
  return named.length === 0 || named.includes(backend);
}

/** The newest time at which a schedule was to have saved something, and has not. */
const brokenAt = ({ missed, lastRun }: Schedule): number =>
  Math.max(
    missed === undefined ? 0 : ms(missed),
    lastRun !== undefined && FAILURES[lastRun.outcome] !== undefined ? ms(lastRun.ended) : 0,
  );

/** A partial run has saved what it could: whatever its snapshot, the newest one by then, has whole was saved as promised. */
function isSavedBy({ wholeAt }: Holding, { lastRun, missed }: Schedule, { list }: Known): boolean {
  if (lastRun?.outcome !== "partial" || missed !== undefined) return false;
  const made = list.snapshots.findLast(({ created }) => ms(created) <= ms(lastRun.ended));
  return made !== undefined && wholeAt !== undefined && wholeAt >= ms(made.created);
}

/** What was promised and is not kept, with since when. */
function ofPromise(holding: Holding, known: Known): Finding[] {
  const { backend, savedUntil, newest, promises: all } = holding;
  const broken = all.filter((one) => brokenAt(one) > (savedUntil ?? 0) && !isSavedBy(holding, one, known));
  const [worst] = broken.sort((a, b) => brokenAt(b) - brokenAt(a));
  if (worst === undefined || (savedUntil === undefined && newest === undefined)) return [];
  const since = savedUntil === undefined ? "" : ` since ${timeText(savedUntil)}`;
  return [
    {
      ...{ severity: "error", subject: backend, href: "/schedules" },
      text: `is not saved${since}, though the schedule “${worst.name}” was to save it by ${timeText(brokenAt(worst))}.`,
    },
  ];
}

function ofPromises({ schedules }: Known): Finding[] {
  if (promises(schedules).length > 0) return [];
  const text = "No schedule saves anything: what is newer than the newest snapshot is lost with its server.";
  return [{ severity: "warning", text, href: "/schedules" }];
}

function ofHolding({ backend, newest, status, savedUntil, gaps, server }: Holding, known: Known): Finding[] {
  const found: Finding[] = [];
  const href = `/snapshots?backend=${encodeURIComponent(backend)}`;
  if (newest === undefined && known.list.snapshots.length > 0 && server?.state === "reached")
    found.push({ severity: "error", subject: backend, text: "is held by no snapshot." });
  if (newest !== undefined && status !== "complete" && isBehind(newest, savedUntil))
    found.push({
      ...{ severity: "error", subject: backend, href },
      text: "is not wholly saved: its newest snapshot lacks something.",
    });
  if (gaps.length > 0) found.push({ subject: backend, href, ...gapsFound(gaps, server) });
  return found;
}

/** What its server has deleted since is no reason to do anything. */
function gapsFound(gaps: Holding["gaps"], server: Server | undefined): Omit<Finding, "subject" | "href"> {
  const text = `has ${counted(gaps.length, "gap")} in what is saved of its time line`;
  const oldest = server?.state === "reached" ? server.oldest : undefined;
  if (oldest === undefined) return { severity: "warning", text: `${text}.`, isUnsaved: true };
  const open = gaps.filter(({ to }) => ms(to) > ms(oldest)).length;
  if (open === 0) return { severity: "info", text: `${text}, of which its server has nothing any more.` };
  return { severity: "warning", text: `${text}; ${open} can still be exported.`, isUnsaved: true };
}

/** The newest snapshot has added nothing whole. */
const isBehind = (newest: ListedSnapshot, savedUntil: number | undefined): boolean =>
  savedUntil === undefined || ms(newest.range.to) > savedUntil;

function ofServers({ inventory, now, schedules }: Known): Finding[] {
  if (inventory === undefined) return [];
  const unreached = inventory.backends.flatMap(({ backend, state, reason }): Finding[] =>
    state === "reached"
      ? []
      : [{ severity: "warning", subject: backend, text: `was not reached: ${reason ?? state}` }],
  );
  // What is younger than the last run is saved by the next one: that is no news.
  const isPromised = promises(schedules).some(({ next }) => next !== undefined && ms(next) > now);
  const told = inventory.warnings.filter(({ kind }) => kind !== "unsaved" || !isPromised);
  return [
    ...unreached,
    ...told.map(({ backend, kind, message }): Finding => {
      const isUnsaved = kind === "expiring" || kind === "unsaved";
      const text = `${message}.`.replace(/\.\.$/, ".");
      return { severity: isUnsaved ? "warning" : "info", subject: backend, text, isUnsaved };
    }),
  ];
}
