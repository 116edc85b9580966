/** A selector means the same to what is exported, counted and restored. */
import type { Backend, LineMatcher, RestoreLine } from "../contract/contract.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireSameCounts } from "./compare.ts";
import { recordsIn, requireAmong } from "./records.ts";
import type { Subject } from "./subject.ts";
import type { Harvest } from "./walk.ts";

/** For backends that heed `match`; they need a selector that finds some records and leaves others. */
export const matchRules: readonly Check<Subject>[] = [
  {
    name: "export-by-selector",
    why: "who says that it heeds `match` exports what the selector finds, and nothing else",
    waived: whyNoMatch,
    async run(subject) {
      const { match } = subject.target;
      await (await subject.backend()).export.checkMatch?.(match ?? "", NEVER);
      const [all, found] = [itemsIn(await subject.harvest()), itemsIn(await chosen(subject))];
      requireAmong(found, all, `only in an export of ${match}`);
      require(found.size > 0, `\`${match}\` finds nothing: it should find some records, and leave others`);
      require(found.size <
        all.size, `\`${match}\` exports everything: it should find some records, and leave others`);
    },
  },
  {
    name: "count-by-selector",
    why: "what a selector finds is compared with what the server counts of it",
    waived: async (subject) =>
      (await subject.backend()).count === undefined ? "it has no `count`" : whyNoMatch(subject),
    async run(subject) {
      const { match = "" } = subject.target;
      const { counts, exportedUntil } = await chosen(subject);
      const { from, to } = await subject.range();
      const own = await (await subject.backend()).count?.(
        { range: { from, to: exportedUntil ?? to }, match },
        NEVER,
      );
      requireSameCounts(counts, own ?? {}, `by \`count\` of ${match}`);
    },
  },
  {
    name: "restore-by-selector",
    why: "`restore --match` writes what an export by the same selector has, and perhaps what that needs, but not everything",
    waived: async (subject) => {
      const { restore } = await subject.backend();
      if (restore?.matcher === undefined && restore?.selection === undefined)
        return "it has neither `matcher` nor `selection`";
      return whyNoSelector(subject);
    },
    async run(subject) {
      const { match } = subject.target;
      const everything = await subject.harvest();
      const kept = itemsIn(await keptOf(everything, await subject.backend(), match ?? ""));
      const { heeds } = (await subject.backend()).export;
      if (heeds?.includes("match"))
        requireAmong(itemsIn(await chosen(subject)), kept, `exported by ${match}, but not restored by it`);
      require(kept.size > 0, `\`${match}\` chooses nothing: it should choose some records, and leave others`);
      require(kept.size <
        itemsIn(everything).size, `\`${match}\` chooses everything: it should leave some records`);
    },
  },
];

const whyNoSelector = ({ target }: Subject): string | undefined =>
  target.match === undefined ? "no selector was given: `match` of the lab" : undefined;

async function whyNoMatch(subject: Subject): Promise<string | undefined> {
  const { heeds } = (await subject.backend()).export;
  return heeds?.includes("match") ? whyNoSelector(subject) : "it does not say that it heeds `match`";
}

const chosen = async (subject: Subject): Promise<Harvest> =>
  subject.walk({ request: { range: await subject.range(), match: subject.target.match ?? "" } });

/** The identities of an export's records, and the paths of its objects and files. */
const itemsIn = (found: Pick<Harvest, "lines" | "objects" | "files">): ReadonlySet<string> =>
  new Set([...recordsIn(found), ...found.objects.keys(), ...found.files.keys()]);

/** The part of an export that the backend's restore would write with this selector. */
async function keptOf(
  { lines, objects, files }: Harvest,
  { restore }: Backend,
  match: string,
): Promise<Pick<Harvest, "lines" | "objects" | "files">> {
  const all: RestoreLine[] = [...lines].flatMap(([file, some]) => some.map((line) => ({ file, line })));
  for (const [file, line] of objects) all.push({ file, line });
  for (const file of files.keys()) all.push({ file, line: "" });
  const matcher = await (restore?.selection?.(match, shown(all), NEVER) ?? restore?.matcher?.(match));
  const keep = async (file: string, some: readonly string[]) =>
    (await askedOf(matcher, file, some)).filter((line) => line !== undefined);
  const isKept = async (file: string, line: string) => (await keep(file, [line])).length > 0;
  const kept = { lines: new Map<string, string[]>(), objects: new Map(objects), files: new Map(files) };
  for (const [file, some] of lines) kept.lines.set(file, await keep(file, some));
  for (const [path, text] of objects) if (!(await isKept(path, text))) kept.objects.delete(path);
  for (const path of files.keys()) if (!(await isKept(path, ""))) kept.files.delete(path);
  return kept;
}

async function* shown(all: readonly RestoreLine[]): AsyncGenerator<RestoreLine> {
  yield* all;
}

const askedOf = async (matcher: LineMatcher | undefined, file: string, lines: readonly string[]) =>
  matcher?.many === undefined
    ? lines.map((line) => matcher?.(line, file))
    : await matcher.many(lines, file, NEVER);
