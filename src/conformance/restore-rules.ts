import * as v from "valibot";
import type {
  Backend,
  Counts,
  RestoreAnswer,
  RestoreBatch,
  RestorePlan,
  Restorer,
} from "../contract/contract.ts";
import { ANSWERS, answerObjection } from "../host/hooks/answers.ts";
import { inRestoreOrder, orderOf } from "../host/restore-order.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireEqual } from "./compare.ts";
import type { CheckTarget, Subject } from "./subject.ts";
import type { Harvest, WalkedBlock } from "./walk.ts";

const BATCH_LINES = 500;

/** For backends that can be restored into; they need an empty server to write to. */
export const restoreRules: readonly Check<Subject>[] = [
  {
    name: "restore-then-export",
    why: "a snapshot is worth only what can be restored: restored and exported again, it must give equal records",
    waived: whyNoRestore,
    async run(subject) {
      const { empty, restorable = () => true } = subject.target;
      const clean = only(await subject.harvest(), restorable);
      const range = await subject.range();
      const target = await subject.backend(empty);
      await requireUnlike(subject, target, clean);
      for (const how of ["after a restore into an empty server", "after the same restore once more"]) {
        requireNoMore(await restoreAll(target, clean, range), clean, "were given");
        await target.flush?.(NEVER);
        requireEqual(clean, only(await subject.walk({ backend: async () => target }), restorable), how);
        await requireComparison(target, clean.objects, (state) => state === "equal", how);
      }
    },
  },
];

/** Why nothing can be restored in this check; `undefined`: it can. */
export async function whyNoRestore({ backend, target }: Subject): Promise<string | undefined> {
  if ((await backend()).restore === undefined) return "it has no `restore`";
  return target.empty === undefined ? "no empty server was given to restore into" : undefined;
}

type Restorable = NonNullable<CheckTarget["restorable"]>;

/** The part that the server accepts back. Its counts include the rest, so only lines are compared. */
export function only(harvest: Harvest, restorable: Restorable): Harvest {
  const blocks = harvest.blocks.map((block) => ({
    ...block,
    lines: block.lines.filter((line) => restorable(block.file, line)),
  }));
  const lines = [...harvest.lines].map(
    ([file, all]) => [file, all.filter((line) => restorable(file, line))] as const,
  );
  const objects = new Map([...harvest.objects].filter(([path, text]) => restorable(path, text)));
  const files = new Map([...harvest.files].filter(([path]) => restorable(path, "")));
  return {
    ...harvest,
    blocks,
    lines: new Map(lines.filter(([, some]) => some.length > 0)),
    files,
    objects,
    counts: {},
  };
}

/**
 * Restores an export as the core does.
 * @param range the part to write
 * @returns the counts that the backend says were written or there already
 * @throws Nonconformance when a record is refused
 */
export async function restoreAll(
  backend: Backend,
  harvest: Harvest,
  range: RestorePlan["range"],
): Promise<Counts> {
  const { restore } = backend;
  if (restore === undefined) return {};
  requireFindings(await restore.preflight(planOf(harvest, range), NEVER));
  const told: Record<string, number> = {};
  for await (const batch of batches(backend, harvest, range)) {
    const {
      written,
      existing = {},
      ...answer
    } = await (restore.applyContents?.(batch, inPieces(contentsOf(batch, harvest)), NEVER) ??
      restore.apply(batch, NEVER));
    requireTaken(answer, batch);
    addCounts(told, written);
    addCounts(told, existing);
  }
  for (const [file, bytes] of harvest.files) {
    if (harvest.contents.has(file)) continue;
    require(restore.applyBytes !==
      undefined, `it exports ${file} as bytes, but has no \`restore.applyBytes\``);
    const asked = { file, size: bytes.length, counts: {} };
    requireTaken(await restore.applyBytes(asked, inPieces(bytes), NEVER), asked);
  }
  return told;
}

/** Requires that `compare`, if there is one, does not call objects equal before they are restored. */
export async function requireUnlike(subject: Subject, target: Backend, clean: Harvest): Promise<void> {
  if (target.restore?.compare === undefined) return;
  const { objects } = await subject.walk({ backend: async () => target });
  const absent = without(clean.objects, objects);
  await requireComparison(target, absent, (state) => state !== "equal", "before it is there");
}

const without = (all: Objects, others: Objects): Objects =>
  new Map([...all].filter(([path]) => !others.has(path)));

type Objects = Harvest["objects"];

/**
 * Requires that what `compare`, if there is one, says of each object is right. It says nothing of an object that has no place
 * on the server.
 */
async function requireComparison(
  { restore }: Backend,
  objects: Objects,
  isRight: (state: string) => boolean,
  how: string,
): Promise<void> {
  const lines = [...objects].map(([file, line]) => ({ file, line }));
  if (restore?.compare === undefined || lines.length === 0) return;
  const answers = await restore.compare(lines, NEVER);
  const objection = answerObjection(ANSWERS.compare, answers);
  require(objection === undefined, `compare returned an invalid answer: ${objection}`);
  require(answers.length ===
    lines.length, `compare was asked about ${lines.length} objects and answered ${answers.length}`);
  for (const [index, answer] of answers.entries())
    require(answer === undefined ||
      isRight(
        answer.state,
      ), `compare says of ${lines[index]?.file} that it is "${answer?.state}" ${how}: ${answer?.what ?? "no reason given"}`);
}

function planOf({ blocks, files, objects }: Harvest, range: RestorePlan["range"]): RestorePlan {
  const data = blocks.map(({ file, counts, from, to }) => ({ path: file, counts, range: { from, to } }));
  return {
    range,
    labels: {},
    files: [...data, ...[...files.keys(), ...objects.keys()].map((path) => ({ path, counts: {} }))],
  };
}

/** Batches in the order that the backend asks for, as the core restores them. */
async function* batches(
  backend: Backend,
  { blocks, objects }: Harvest,
  range: RestorePlan["range"],
): AsyncGenerator<RestoreBatch> {
  const files = [...new Set(blocks.map(({ file }) => file)), ...objects.keys()];
  for (const file of await inRestoreOrder(files, (path) => path, backend.restore ?? {}, NEVER)) {
    const lines = objects.has(file)
      ? [objects.get(file) ?? ""]
      : linesOf(file, blocks, backend.restore?.order);
    for (let start = 0; start < lines.length; start += BATCH_LINES)
      yield { file, lines: lines.slice(start, start + BATCH_LINES), range, labels: {} };
  }
}

function linesOf(file: string, blocks: readonly WalkedBlock[], order: Restorer["order"]): string[] {
  const own = blocks.filter((block) => block.file === file);
  const byTime = (a: WalkedBlock, b: WalkedBlock): number => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0);
  return (orderOf(file, order) === "time" ? own.sort(byTime) : own).flatMap((block) => block.lines);
}

/** What the lines of a batch name, one after another. */
function contentsOf({ lines }: RestoreBatch, { files }: Harvest): Uint8Array {
  const parts = lines.map((line) => {
    const { content } = v.parse(NAMING, JSON.parse(line));
    if (content === undefined) return new Uint8Array();
    const { file, offset, bytes } = content;
    const part = files.get(file)?.subarray(offset, offset + bytes);
    require(part?.length === bytes, `a line names bytes that ${file} does not have: ${line.slice(0, 200)}`);
    return part ?? new Uint8Array();
  });
  return Buffer.concat(parts);
}

const NAMING = v.object({
  content: v.optional(v.object({ file: v.string(), offset: v.number(), bytes: v.number() })),
});

/** Uneven pieces: a restorer must not rely on a size. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 100_003)
    yield bytes.subarray(at, at + size);
}

function requireFindings(findings: unknown): void {
  const objection = answerObjection(ANSWERS.preflight, findings);
  require(objection === undefined, `preflight returned an invalid answer: ${objection}`);
}

/**
 * Requires that no more records are said to be written, or there already, than there are.
 * @param what for the message: `were given`
 */
export function requireNoMore(told: Counts, { blocks, objects }: Harvest, what: string): void {
  const most: Record<string, number> = {};
  for (const { counts } of blocks) addCounts(most, counts);
  for (const [unit, number] of Object.entries(told)) {
    const there = (most[unit] ?? 0) + objects.size;
    require(number <=
      there, `\`apply\` says that ${number} ${unit} are written or there already, and no more than ${there} ${what}`);
  }
}

function requireTaken(
  { rejected = [] }: Pick<RestoreAnswer, "rejected">,
  { file }: { readonly file: string },
): void {
  const [first] = rejected;
  require(first === undefined, `${file}: ${rejected.length} lines were rejected: ${first?.reason}`);
}
