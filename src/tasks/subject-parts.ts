/** What was found, as it is told: by source, with how much, and what of it stays. */
import type { PersonPlace } from "../config/subjects.ts";
import type { Counts } from "../contract/contract.ts";
import type { FoundInFile } from "../retention/subjects/in-snapshot.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import { counted } from "../units/words.ts";
import type { FoundInKept, FoundOnServer, FoundPart, FoundStored } from "./subject-found.ts";

/** Takes the identifier out of a text. */
type Blot = (text: string) => string;

/** A server's, one for each place in it. */
export const serverParts = ({ backend, found, stays }: FoundOnServer, blot: Blot): FoundPart[] =>
  found.map(({ unit, count, where, range }) => ({
    source: "server",
    name: backend,
    ...{ unit, count, where: blot(where) },
    ...given({ range, stays }),
  }));

/** A snapshot's, one for each file, and again for each copy of it. */
export function keptParts(
  { one, files, stored, mentions }: FoundInKept,
  subjects: Readonly<Record<string, readonly PersonPlace[]>>,
  blot: Blot,
): FoundPart[] {
  const keep = [...files, ...stored]
    .map(({ backend }) => keepOf(subjects, backend))
    .find((reason) => reason !== undefined);
  const parts = [
    ...files.map((file) => filePart(file, subjects, blot)),
    ...stored.map((file) => storedPart(file, subjects, blot)),
    ...(mentions === 0 ? [] : [mentioned(mentions, keep)]),
  ];
  const holders = [
    ...(one.isHere ? [{ source: "snapshot" as const, name: one.name }] : []),
    ...one.copies
      .filter(({ manifest }) => manifest === one.sha256)
      .map(({ place, name }) => ({ source: "copy" as const, name: `${place}:${name}` })),
  ];
  return holders.flatMap((holder) => parts.map((part) => ({ ...holder, ...part })));
}

/** Why the data of a backend has to be kept, if it has. */
export const keepOf = (
  subjects: Readonly<Record<string, readonly PersonPlace[]>>,
  backend: string,
): string | undefined => subjects[backend]?.find(({ keep }) => keep !== undefined)?.keep;

type HeldPart = Omit<FoundPart, "source" | "name">;

function filePart(
  { backend, file, kind, records, counts, range }: FoundInFile,
  subjects: Readonly<Record<string, readonly PersonPlace[]>>,
  blot: Blot,
): HeldPart {
  const stays = keepOf(subjects, backend) ?? STAYS[kind];
  const unit = kind === "records" ? unitIn(counts) : "files";
  return { backend, unit, count: records, where: blot(file), ...given({ range, stays }) };
}

const storedPart = (
  { backend, file, unit, count, where }: FoundStored,
  subjects: Readonly<Record<string, readonly PersonPlace[]>>,
  blot: Blot,
): HeldPart => ({
  ...{ backend, unit, count, where: blot(`${where} in ${file}`) },
  ...given({ stays: keepOf(subjects, backend) }),
});

/** A record that counts as several units is one of the first. */
const unitIn = (counts: Counts): string => Object.keys(counts)[0] ?? "records";

const STAYS: Readonly<Record<FoundInFile["kind"], string | undefined>> = {
  records: undefined,
  object:
    "it is one object with other things in it: change it on its server, and let `snapshots prune` remove older snapshots",
  bytes:
    "it stands inside of a file that is saved as it is: change it at its source, and let `snapshots prune` remove older snapshots",
};

const mentioned = (mentions: number, stays: string | undefined): HeldPart => ({
  ...{ unit: "lines", count: mentions, where: "the index and the manifest" },
  ...given({ stays }),
});

/** The log of runs. */
export const runParts = ({
  path,
  ids,
  range,
}: {
  readonly path: string;
  readonly ids: readonly string[];
  readonly range?: Range;
}): FoundPart[] =>
  ids.length === 0
    ? []
    : [
        {
          source: "activity",
          name: path,
          unit: "runs",
          count: ids.length,
          where: "the log of runs",
          ...given({ range }),
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
