/** Hands over everything that belongs to one person: what is kept of it, and where else it is. */
import { resolve } from "node:path";
import { openActivity } from "../activity/database/open.ts";
import { findRecord } from "../activity/records/read.ts";
import { requestKey } from "../retention/subjects/requests/key.ts";
import { isThere } from "../storage/entries.ts";
import { writePrivateFile } from "../storage/named-file.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { counted } from "../units/words.ts";
import type { Search } from "./subject-found.ts";
import { type Gathered, type GatheredRecord, gather } from "./subject-gathered.ts";
import { asDocument, asPages } from "./subject-handed-over.ts";
import { SUBJECT_PARAMS } from "./subject-param.ts";
import { searchSubject } from "./subject-search.ts";
import { openedForSubjects } from "./subject-wanted.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

const params = {
  ...SUBJECT_PARAMS,
  portable: { type: "flag", about: "as one JSON document of a documented schema, for another program" },
  output: {
    type: "value",
    alias: "o",
    hint: "FILE",
    complete: "files",
    local: true,
    about: "the file to write, which only its owner may read (default: -, stdout)",
  },
} as const;

/** What was handed over. */
interface HandedOverReport {
  readonly records: number;
  /** What servers hold beyond it, or could not be looked through: a sentence each. */
  readonly lacks: readonly string[];
  /** False when the reader went away. */
  readonly isWhole: boolean;
}

export const subjectExport = defineTask({
  kind: "subject_export",
  about: "hand over what belongs to one person: every record of it that is kept, with where it was found",
  params,
  opens: (_, config) => openedForSubjects(config),
  destructive: false,
  plan: async ({ output, ...given }, { directory }) => ({
    ...given,
    path: output === undefined || output === "-" ? undefined : resolve(directory, output),
  }),
  targets: () => [],
  async run({ path, portable, ...given }, running: Running): Promise<Done<HandedOverReport>> {
    using gathered = gather();
    const search = await searchSubject(running, {
      ...given,
      onRecord: gathered.addFound,
      onStored: gathered.addStored,
      onEvent: (text) => gathered.add(eventIn(running.trailFile, text), text),
    });
    gatherRuns(search, gathered);
    const pieces = textOf({ search, gathered }, portable);
    const isWhole =
      path === undefined ? await running.pour(pieces) : await writePrivateFile(path, pieces, running.signal);
    const lacks = lacksOf(search, gathered);
    const details = {
      subject: requestKey(running.home).nameOf(given.subject),
      records: gathered.size,
      lacks: lacks.length,
    };
    return {
      result: { records: gathered.size, lacks, isWhole },
      ending: { outcome: isWhole && lacks.length === 0 ? "success" : "partial", details },
    };
  },
});

function eventIn(name: string, text: string): GatheredRecord {
  const { timestamp }: { timestamp?: unknown } = JSON.parse(text);
  const time = typeof timestamp === "string" ? { time: timestamp } : {};
  return { source: "trail", name, unit: "events", ...time };
}

function gatherRuns({ runs, parts }: Search, gathered: Gathered): void {
  const path = parts.find(({ source }) => source === "activity")?.name;
  if (path === undefined || !isThere(path)) return;
  using closing = new DisposableStack();
  const database = openActivity(path, { isReadOnly: true });
  closing.defer(() => database.close());
  for (const id of runs) {
    const run = findRecord(database, id);
    if (run === undefined) continue;
    const time = new Date(run.started).toISOString();
    gathered.add({ source: "activity", name: path, unit: "runs", time }, JSON.stringify(run));
  }
}

function textOf(
  { search, gathered }: { readonly search: Search; readonly gathered: Gathered },
  isPortable: boolean,
): AsyncGenerator<string> {
  const created = toRfc3339(fromMs(Date.now()));
  const head = { schema: { name: "subject.export", version: 1 }, created };
  return isPortable
    ? asDocument({ ...head, ...told(search) }, { gathered })
    : asPages({ search, gathered, created });
}

const told = ({ parts, unsearched }: Search): object => ({
  found: parts.map(({ range, ...part }) => ({
    ...part,
    ...(range === undefined ? {} : { from: toRfc3339(range.from), to: toRfc3339(range.to) }),
  })),
  unsearched,
});

/** A server's records come out of snapshots: what is newer is only counted. */
function lacksOf({ servers, unsearched }: Search, gathered: Gathered): string[] {
  const onServers = servers.flatMap(({ backend, found }) => {
    const there = found.reduce((sum, { count }) => sum + count, 0);
    const have = gathered.countOf(backend);
    return there <= have
      ? []
      : `${backend} holds ${counted(there, "record")} on its server, and ${counted(have, "record")} of it in snapshots: contextcore export saves the others, then ask again`;
  });
  return [...onServers, ...unsearched.map(({ name, reason }) => `${name} was not looked through: ${reason}`)];
}
