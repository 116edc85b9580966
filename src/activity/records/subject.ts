/** One person's runs: found by whole fields or whole words, and erased with what was said in them. */
import type { DatabaseSync } from "node:sqlite";
import { holdsWord } from "../../contract/holds-word.ts";
import { readMessage } from "../database/messages.ts";
import { inTransaction } from "../database/open.ts";
import { giveBack, removing } from "../purge/purge.ts";

/** Where a person may show up. */
export const SUBJECT_FIELDS = ["user", "entity", "conversation", "text"] as const;
/** A value of one of {@link SUBJECT_FIELDS}: of an entity `TYPE:ID`, of a text words as they stand in it. */
export interface SubjectPlace {
  readonly field: (typeof SUBJECT_FIELDS)[number];
  readonly value: string;
}

/** What a text of the configuration says wrongly. */
interface PlaceFlaw {
  readonly wrong: string;
}

/** The places that `user={id}, entity=customer:{id}, text={id}` means of one person. */
export function subjectPlaces(where: string, id: string): SubjectPlace[] | PlaceFlaw {
  const read = where.split(",").map((one): SubjectPlace | PlaceFlaw => {
    const [, name, value = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(one) ?? [];
    const field = SUBJECT_FIELDS.find((known) => known === name);
    return field === undefined || !value.includes("{id}")
      ? { wrong: one.trim() }
      : { field, value: value.replaceAll("{id}", () => id) };
  });
  const wrong = read.flatMap((one) => ("wrong" in one ? one : []));
  return wrong[0] ?? read.flatMap((one) => ("wrong" in one ? [] : one));
}

/** Some of that person's runs. */
export interface SubjectRuns {
  readonly ids: readonly string[];
  /** When the first and the last of them began, ms since 1970. */
  readonly first: number;
  readonly last: number;
}

const SOME = 1_000;

/** Finds them, each once, oldest first. @param range of when they began, half-open, ms since 1970 */
export function* findSubject(
  database: DatabaseSync,
  places: readonly SubjectPlace[],
  { from, to }: { readonly from: number; readonly to: number },
): Generator<SubjectRuns> {
  const seqs = new Set(places.flatMap((place) => FIND[place.field](database, place.value)));
  const one = database.prepare("SELECT id, started FROM runs WHERE seq = ? AND started >= ? AND started < ?");
  const runs = [...seqs]
    .flatMap((seq) => one.all(seq, from, to))
    .map(({ id, started }) => ({ id: String(id), started: Number(started) }));
  runs.sort((a, b) => a.started - b.started || (a.id < b.id ? -1 : 1));
  for (let at = 0; at < runs.length; at += SOME) {
    const some = runs.slice(at, at + SOME);
    yield { ids: some.map(({ id }) => id), first: some[0]?.started ?? 0, last: some.at(-1)?.started ?? 0 };
  }
}

/** Removes runs for good. @returns false when another process still reads what is gone from the journal */
export function eraseRuns(database: DatabaseSync, ids: readonly string[]): boolean {
  const find = database.prepare("SELECT seq FROM runs WHERE id = ?");
  const remove = removing(database);
  for (let at = 0; at < ids.length; at += SOME)
    inTransaction(database, () =>
      remove.runs(
        ids
          .slice(at, at + SOME)
          .flatMap((id) => find.all(id))
          .map(({ seq }) => Number(seq)),
      ),
    );
  return giveBack(database);
}

type Find = (database: DatabaseSync, value: string) => number[];

const byColumn =
  (name: string): Find =>
  (database, value) =>
    seqsOf(database, `SELECT seq FROM runs WHERE ${name} = ?`, value);

const FIND: Readonly<Record<SubjectPlace["field"], Find>> = {
  user: byColumn("user"),
  conversation: byColumn("conversation"),
  entity(database, value) {
    const [, type = "", id = ""] = /^([^:]*):(.*)$/s.exec(value) ?? [];
    return seqsOf(database, "SELECT seq FROM runs WHERE entity_type = ? AND entity_id = ?", type, id);
  },
  text: (database, value) => [
    ...saidIn(database, value),
    ...seqsOf(database, "SELECT seq FROM runs WHERE instr(error_text, ?)", value).filter((seq) =>
      holdsWord(value)(
        String(database.prepare("SELECT error_text FROM runs WHERE seq = ?").get(seq)?.error_text),
      ),
    ),
    ...inCalls(database, value),
  ],
};

const seqsOf = (database: DatabaseSync, sql: string, ...values: string[]): number[] =>
  database
    .prepare(sql)
    .all(...values)
    .map(({ seq }) => Number(seq));

/** The index knows words, whatever stands between them; whether it is this very text is seen in the message. */
function saidIn(database: DatabaseSync, value: string): number[] {
  const isIn = holdsWord(value);
  const found = database.prepare(`SELECT number, coding, body FROM message_text CROSS JOIN messages
    ON number = message_text.rowid WHERE message_text MATCH ?`);
  const runs = database.prepare("SELECT DISTINCT run FROM run_messages WHERE message = ?");
  return found
    .all(`"${value.replaceAll('"', '""')}"`)
    .filter(({ coding, body }) =>
      strings(readMessage({ coding: String(coding), body: body as Uint8Array })).some(isIn),
    )
    .flatMap(({ number }) => runs.all(Number(number)).map(({ run }) => Number(run)));
}

/** A result stays with its call when the run that brought it is gone. */
function inCalls(database: DatabaseSync, value: string): number[] {
  const isIn = holdsWord(value);
  const written = JSON.stringify(value).slice(1, -1);
  const found = database.prepare(
    "SELECT run, arguments, result FROM tool_calls WHERE instr(arguments, ?1) OR instr(result, ?1)",
  );
  return found
    .all(written)
    .filter((row) =>
      [row.arguments, row.result].some(
        (json) => json !== null && strings(JSON.parse(String(json))).some(isIn),
      ),
    )
    .map(({ run }) => Number(run));
}

/** All texts in a value, names of members included. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [String(value)];
  return Object.entries(value).flatMap(([name, one]) => [name, ...strings(one)]);
}
