/**
 * The only place where a trail grows. Each append holds a lock, checks how the file ends, repairs what a crash or somebody
 * else did to it, seals the events, writes them to the trail and to the home copy, and waits for both disks. Appends that
 * arrive meanwhile are written together by the next one.
 */
import { dirname } from "node:path";
import { redacted } from "../../redact/json.ts";
import { redactedText } from "../../redact/text.ts";
import type { Lock } from "../../storage/lock.ts";
import { given } from "../../units/given.ts";
import { type SealedEvent, seal } from "../format/chain.ts";
import { cannot, TrailError } from "../format/error.ts";
import type { NewEvent } from "../format/event.ts";
import { beginningOf, endOf } from "../format/lines.ts";
import { lineOf } from "../format/trail-line.ts";
import { appendText, makeDirectory } from "./durable.ts";
import { type Home, openHome } from "./home.ts";
import { type Identity, ownIdentity } from "./identity.ts";
import { withOwnLock, withTrailLock } from "./lock.ts";
import { type LastEvent, type Repaired, repair } from "./repair.ts";
import { type Closing, closeSegment, isRotationDue } from "./rotate.ts";
import { together } from "./together.ts";

/** Where a trail is, and the project and clock for its events. */
export interface JournalOptions {
  /** Absolute. */
  readonly file: string;
  /** `~/.contextcore` */
  readonly home: string;
  readonly project: string;
  /** Now, ms since the epoch. */
  readonly clock?: () => number;
  readonly identity?: Identity;
  /** The size at which the trail's file is closed. Default {@link ROTATE_BYTES}. */
  readonly rotateBytes?: number;
}

/** The result of one append. */
export interface Appended {
  /** The written events: repairs first, then the requested ones. */
  readonly events: readonly SealedEvent[];
  /** Why the home copy does not have them, although the trail does. */
  readonly copyFailure?: TrailError;
}

/** Appends to one trail. */
export interface Journal {
  readonly identity: Identity;
  /**
   * Appends the events from `build`, which is called once nobody else can append. They are durable when this resolves.
   * @throws TrailError when they cannot be written to the trail's own file; nothing of them is left in it then
   */
  append(build: () => readonly NewEvent[]): Promise<Appended>;
}

type Build = () => readonly NewEvent[];

/** The journal of the trail at `file`. Nothing is read or made before the first append. */
export function openJournal({ file, project, clock = Date.now, ...options }: JournalOptions): Journal {
  const home = openHome(options.home, file);
  const identity = options.identity ?? ownIdentity();
  let seen: { readonly dev: number; readonly ino: number } | undefined;

  /**
   * @returns the events of each build, those of repairs with the first; `undefined` when the lock was removed: nothing was
   * written
   */
  const appendLocked = async (
    builds: readonly Build[],
    lock: Lock,
  ): Promise<readonly Appended[] | undefined> => {
    const repaired = repair(file, home, seen);
    if (!lock.isInPlace()) return undefined;
    const asked = builds.map((build) => build());
    if (repaired.notices.length + asked.flat().length === 0) return builds.map(() => ({ events: [] }));
    const closing = repaired.restored.length === 0 ? rotate(repaired.last.seq) : undefined;
    const found = [...repaired.notices, ...(closing === undefined ? [] : [closing.event])];
    const shares = asked.map((own, index) => (index === 0 ? [...found, ...own] : own));
    const events = sealAll(shares.flat(), repaired.last, { project, ...identity, clock });
    const copyFailure = await writeBoth(file, home, repaired, events);
    closing?.finish();
    const { dev, ino } = endOf(file) ?? { dev: 0, ino: 0 };
    seen = { dev, ino };
    const newest = events.at(-1)?.event;
    if (copyFailure === undefined && newest !== undefined)
      home.writeHead({ seq: newest.seq, hash: newest.hash, dev, ino });
    return shared(events, shares).map((own) => ({ events: own, ...(copyFailure && { copyFailure }) }));
  };

  const rotate = (last: number): Closing | undefined => {
    const first = lineOf(beginningOf(file) ?? "").seq;
    const isDue = Number.isFinite(first) && isRotationDue(file, clock(), options.rotateBytes);
    return isDue ? closeSegment(file, first, last) : undefined;
  };

  const amongOwn = <Result>(work: () => Promise<Result>): Promise<Result> =>
    withOwnLock(home.lockFile, () => makeDirectory(dirname(home.lockFile), 0o700), work);

  const append = together(async (builds: readonly Build[]) => {
    for (let attempt = 1; ; attempt += 1) {
      makeDirectory(dirname(file));
      const appended = await withTrailLock(lockOf(file), (lock) =>
        amongOwn(() => appendLocked(builds, lock)),
      );
      if (appended !== undefined) return appended;
      if (attempt === ATTEMPTS_MAX) throw lockGone(lockOf(file));
    }
  });
  return { identity, append };
}

/** After this many attempts somebody is removing the lock on purpose. */
const ATTEMPTS_MAX = 1000;

const lockGone = (path: string): TrailError =>
  new TrailError(`somebody keeps removing ${path}`, {
    hint: "Find out what does: without it two commands write at once.",
  });

/** Divides the sealed events among the builds that they came from. */
function shared(
  events: readonly SealedEvent[],
  shares: readonly (readonly NewEvent[])[],
): readonly SealedEvent[][] {
  let taken = 0;
  return shares.map(({ length }) => {
    taken += length;
    return events.slice(taken - length, taken);
  });
}

/** The lock of `audit.jsonl` is `audit.lock` beside it. */
export const lockOf = (file: string): string => `${file.replace(/\.[^./\\]*$/, "")}.lock`;

/** Writes to the trail first, so that the copy is never ahead of it. @returns why the copy failed, if it did */
async function writeBoth(
  file: string,
  home: Home,
  { restored, uncopied }: Repaired,
  events: readonly SealedEvent[],
): Promise<TrailError | undefined> {
  const lines = events.map(({ line }) => line);
  appendText(file, `${[...restored, ...lines].join("\n")}\n`);
  try {
    await home.copy([...uncopied, ...lines]);
    return undefined;
  } catch (error) {
    return error instanceof TrailError ? error : cannot("keep", home.log, error);
  }
}

interface Stamp extends Identity {
  readonly project: string;
  readonly clock: () => number;
}

function sealAll(events: readonly NewEvent[], last: LastEvent, stamp: Stamp): readonly SealedEvent[] {
  const sealed: SealedEvent[] = [];
  for (const event of events) sealed.push(sealAfter(event, sealed.at(-1)?.event ?? last, stamp));
  return sealed;
}

function sealAfter(event: NewEvent, link: LastEvent, { clock, project, ...who }: Stamp): SealedEvent {
  const now = clock();
  return seal({
    id: Bun.randomUUIDv7("hex", now),
    seq: link.seq + 1,
    timestamp: new Date(now).toISOString(),
    operation: event.operation.toWellFormed(),
    outcome: event.outcome,
    user: who.user.toWellFormed(),
    ...given({ via: who.via, request: who.request?.toWellFormed() }),
    host: who.host.toWellFormed(),
    project: project.toWellFormed(),
    details: redacted(event.details ?? {}),
    data_affected: (event.dataAffected ?? []).map(redactedText),
    ...(event.exportPath === undefined ? {} : { export_path: redactedText(event.exportPath) }),
    ...given({ ref: event.ref }),
    prev_hash: link.hash,
  });
}
