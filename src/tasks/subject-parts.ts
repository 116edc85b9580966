/** What was found, as it is told: by source, with how much, and what of it stays. */
import { OWN_RUNS } from "../config/subjects.ts";
import type { Counts } from "../contract/contract.ts";
import type { FoundInFile } from "../retention/subjects/in-snapshot.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import { counted } from "../units/words.ts";
import type { FoundInKept, FoundOnServer, FoundPart, FoundStored } from "./subject-found.ts";
import type { StaysOf } from "./subject-stays.ts";

/** Takes the identifier out of a text. */
type Blot = (text: string) => string;

/** How parts are told. */
interface Telling {
  readonly blot: Blot;
  readonly stays: StaysOf;
  /** By `PLACE:NAME` of a copy, until when nobody can remove it. RFC 3339 */
  readonly locks?: ReadonlyMap<string, string>;
}

/** A server's, one for each place in it. */
export const serverParts = ({ backend, found }: FoundOnServer, { blot, stays }: Telling): FoundPart[] =>
  found.map(({ unit, count, where, range }) => ({
    source: "server",
    name: backend,
    ...{ unit, count, where: blot(where) },
    ...given({ range }),
    ...staying(stays(backend, range)),
  }));

const staying = (stay: ReturnType<StaysOf>): Pick<FoundPart, "stays" | "isHeld"> =>
  stay === undefined ? {} : { stays: stay.reason, ...given({ isHeld: stay.isHeld }) };

/** A snapshot's, one for each file, and again for each copy of it. */
export function keptParts({ one, files, stored, mentions }: FoundInKept, telling: Telling): FoundPart[] {
  const found = [
    ...files.map((file) => filePart(file, telling)),
    ...stored.map((file) => storedPart(file, telling)),
  ];
  const stay = [...files, ...stored].map((file) => telling.stays(file.backend, foundRange(file)));
  const parts = [
    ...found,
    ...(mentions === 0
      ? []
      : [{ ...MENTIONED, count: mentions, ...staying(stay.find((one) => one !== undefined)) }]),
  ];
  const holders = [
    ...(one.isHere ? [{ source: "snapshot" as const, name: one.name }] : []),
    ...one.copies
      .filter(({ manifest }) => manifest === one.sha256)
      .map(({ place, name }) => ({ source: "copy" as const, name: `${place}:${name}` })),
  ];
  return holders.flatMap((holder) => {
    const until = telling.locks?.get(holder.name);
    return parts.map((part) => ({ ...holder, ...(until === undefined ? {} : lockedPart(until)), ...part }));
  });
}

/** The copy without it is written beside the locked one, which goes when it can. */
const lockedPart = (until: string): Pick<FoundPart, "stays" | "isHeld"> => ({
  stays: `its place has locked it until ${until}`,
  isHeld: true,
});

/** What is within a file of bytes may be of any time. */
export const foundRange = (file: FoundInFile | FoundStored): Range | undefined =>
  "range" in file ? file.range : undefined;

/** As long as something of a snapshot stays, so does what it says of it. */
const MENTIONED = { unit: "lines", where: "the index and the manifest" };

type HeldPart = Omit<FoundPart, "source" | "name">;

function filePart(
  { backend, file, kind, records, counts, range }: FoundInFile,
  { blot, stays }: Telling,
): HeldPart {
  const unit = kind === "records" ? unitIn(counts) : "files";
  const part = { backend, unit, count: records, where: blot(file), ...given({ range }) };
  const stay = stays(backend, range);
  return stay === undefined ? { ...part, ...given({ stays: STAYS[kind] }) } : { ...part, ...staying(stay) };
}

const storedPart = (
  { backend, file, unit, count, where }: FoundStored,
  { blot, stays }: Telling,
): HeldPart => ({
  ...{ backend, unit, count, where: blot(`${where} in ${file}`) },
  ...staying(stays(backend)),
});

/** A record that counts as several units is one of the first. */
const unitIn = (counts: Counts): string => Object.keys(counts)[0] ?? "records";

const STAYS: Readonly<Record<FoundInFile["kind"], string | undefined>> = {
  records: undefined,
  object:
    "it is one object with other things in it: change it on its server, and let `snapshots prune` remove older snapshots",
  bytes:
    "it stands inside of a file that is saved as it is, where no plugin finds it: say where in `subjects` if its plugin can look into the file; or change it at its source, and let `snapshots prune` remove older snapshots",
};

/** The log of runs. */
export const runParts = (
  { path, ids, range }: { readonly path: string; readonly ids: readonly string[]; readonly range?: Range },
  { stays }: Pick<Telling, "stays">,
): FoundPart[] =>
  ids.length === 0
    ? []
    : [
        {
          ...{ source: "activity", name: path, unit: "runs", count: ids.length, where: "the log of runs" },
          ...given({ range }),
          ...staying(stays(OWN_RUNS, range)),
        },
      ];

/** The trail. */
export const eventParts = (events: number, trailFile: string): FoundPart[] =>
  events === 0
    ? []
    : [
        {
          ...{ source: "trail", name: trailFile, unit: "events", count: events },
          where: `${counted(events, "event")} in clear`,
          stays:
            "the trail is never edited; `audit prune` removes events that are older than `audit.retention`",
        },
      ];
