import type { Backend, RestoreAnswer, RestoreBatch, RestorePlan, Restorer } from "../contract/contract.ts";
import { ANSWERS, answerObjection } from "../host/hooks/answers.ts";
import { inRestoreOrder, orderOf } from "../host/restore-order.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireEqual } from "./compare.ts";
import type { CheckTarget, Subject } from "./subject.ts";
import type { Harvest, WalkedBlock } from "./walk.ts";

const BATCH_LINES = 500;

export const restoreRules: readonly Check<Subject>[] = [
  {
    name: "restore-then-export",
    why: "a snapshot is worth only what can be restored: restored and exported again, it must give equal records",
    waived: async ({ backend, target }) => {
      if ((await backend()).restore === undefined) return "it has no `restore`";
      return target.empty === undefined ? "no empty server was given to restore into" : undefined;
    },
    async run(subject) {
      const { empty, restorable = () => true } = subject.target;
      const clean = only(await subject.harvest(), restorable);
      const range = await subject.range();
      const target = await subject.backend(empty);
      if (target.restore?.compare !== undefined) {
        const { objects } = await subject.walk({ backend: async () => target });
        await requireComparison(
          target,
          without(clean.objects, objects),
          (state) => state !== "equal",
          "before it is there",
        );
      }
      for (const how of ["after a restore into an empty server", "after the same restore once more"]) {
        await restoreAll(target, clean, range);
        await target.flush?.(NEVER);
        requireEqual(clean, only(await subject.walk({ backend: async () => target }), restorable), how);
        await requireComparison(target, clean.objects, (state) => state === "equal", how);
      }
    },
  },
];

type Restorable = NonNullable<CheckTarget["restorable"]>;

/** The part that the server accepts back. Its counts include the rest, so only lines are compared. */
function only(harvest: Harvest, restorable: Restorable): Harvest {
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

async function restoreAll(backend: Backend, harvest: Harvest, range: RestorePlan["range"]): Promise<void> {
  const { restore } = backend;
  if (restore === undefined) return;
  requireFindings(await restore.preflight(planOf(harvest, range), NEVER));
  for await (const batch of batches(backend, harvest, range))
    requireTaken(await restore.apply(batch, NEVER), batch);
  for (const [file, bytes] of harvest.files) {
    require(restore.applyBytes !==
      undefined, `it exports ${file} as bytes, but has no \`restore.applyBytes\``);
    const asked = { file, size: bytes.length, counts: {} };
    requireTaken(await restore.applyBytes(asked, inPieces(bytes), NEVER), asked);
  }
}

const without = (all: Objects, others: Objects): Objects =>
  new Map([...all].filter(([path]) => !others.has(path)));

type Objects = Harvest["objects"];

/** What `compare` says of objects, if there is one; of those that have no place on the server it says nothing. */
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

/** Uneven pieces: a restorer must not rely on a size. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 100_003)
    yield bytes.subarray(at, at + size);
}

function requireFindings(findings: unknown): void {
  const objection = answerObjection(ANSWERS.preflight, findings);
  require(objection === undefined, `preflight returned an invalid answer: ${objection}`);
}

function requireTaken({ rejected = [] }: RestoreAnswer, { file }: { readonly file: string }): void {
  const [first] = rejected;
  require(first === undefined, `${file}: ${rejected.length} lines were rejected: ${first?.reason}`);
}
