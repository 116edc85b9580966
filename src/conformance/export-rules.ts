/** An export depends only on its cursors: in any order, repeated, or after a crash, it yields the same records. */

import type { Backend, CountRequest, Counts } from "../contract/contract.ts";
import { STEP_BYTES } from "../host/plugin/context.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { formatOf } from "../snapshot/format/formats.ts";
import { checkLines, createSeenIds } from "../snapshot/write/check-contents.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireEqual, requireSameCounts } from "./compare.ts";
import type { Subject } from "./subject.ts";

/** For backends: what an export yields is complete, in its format, and the same however its steps are run. */
export const exportRules: readonly Check<Subject>[] = [
  {
    name: "export-ends",
    why: "every step is right by the contract, and the tree of cursors comes to an end",
    async run(subject) {
      const { problems, lines, files, objects } = await subject.harvest();
      const failed = problems.find(({ kind }) => kind === "failed" || kind === "incomplete");
      require(failed === undefined, `the export of a healthy server says ${failed?.kind}: ${failed?.reason}`);
      require(lines.size + files.size + objects.size >
        0, "the export brought nothing: give the check a server with some data");
    },
  },
  {
    name: "records-are-json",
    why: "other tools read the data files line by line",
    async run(subject) {
      for (const [file, lines] of (await subject.harvest()).lines)
        for (const line of lines) requireJson(file, line);
      for (const [path, text] of (await subject.harvest()).objects)
        if (path.endsWith(".json")) requireJson(path, text);
    },
  },
  {
    name: "records-in-format",
    why: "the data files at the top of a snapshot are read without the plugin that wrote them",
    async run(subject) {
      const { blocks } = await subject.harvest();
      const seen = createSeenIds();
      for (const { lines, from, to, ...block } of blocks.filter(
        ({ file }) => formatOf(file)?.check !== undefined,
      )) {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        checkLines({ ...block, bytes, lines: lines.length, range: { from, to } }, seen);
      }
    },
  },
  {
    name: "steps-bounded",
    why: "memory is bounded by the largest step, so a step yields about 8 MiB at most",
    async run(subject) {
      const { blocks } = await subject.harvest();
      const large = blocks.find(({ bytes, lines }) => bytes > 2 * STEP_BYTES && lines.length > 1);
      require(large ===
        undefined, `a step brought ${large?.bytes} bytes in ${large?.lines.length} lines for ${large?.file}`);
    },
  },
  {
    name: "start-repeatable",
    why: "a resumed export starts where the first one started",
    async run(subject) {
      const request = { range: await subject.range() };
      const first = await (await subject.backend()).export.start(request, NEVER);
      const second = await (await subject.backend()).export.start(request, NEVER);
      require(Bun.deepEquals(first.cursors, second.cursors), "`start` gave other cursors the second time");
    },
  },
  {
    name: "cursors-survive-json",
    why: "a cursor is written to a checkpoint and read back, perhaps on another machine",
    run: async (subject) =>
      requireEqual(
        await subject.harvest(),
        await subject.walk({ throughJson: true }),
        "when cursors go through JSON",
      ),
  },
  {
    name: "steps-repeatable",
    why: "a step that was cut off is run again, and must bring the same",
    run: async (subject) =>
      requireEqual(
        await subject.harvest(),
        await subject.walk({ twice: true }),
        "when every step is run twice",
      ),
  },
  {
    name: "order-free",
    why: "the engine runs cursors side by side, so none may rely on another",
    async run(subject) {
      const clean = await subject.harvest();
      requireEqual(
        clean,
        await subject.walk({ pick: (waiting) => waiting - 1 }),
        "with the last cursor first",
      );
      const middle = (waiting: number): number => Math.floor(waiting / 2);
      requireEqual(clean, await subject.walk({ pick: middle }), "with the middle cursor first");
    },
  },
  {
    name: "resume-anywhere",
    why: "a killed export continues in a new process that knows only the cursors",
    run: async (subject) =>
      requireEqual(
        await subject.harvest(),
        await subject.walk({ backend: () => subject.backend(), throughJson: true }),
        "when every step runs in a plugin opened afresh",
      ),
  },
  {
    name: "split-is-whole",
    why: "a step that cannot be read is split, and its parts yield everything that it would have yielded",
    waived: async ({ backend }) =>
      (await backend()).export.split === undefined ? "it has no `split`" : undefined,
    async run(subject) {
      const { counts } = await subject.walk({ split: true, throughJson: true });
      requireSameCounts((await subject.harvest()).counts, counts, "when every cursor is split");
    },
  },
  {
    name: "count-split-is-whole",
    why: "a count that fails is split, and its parts together count what it would have counted",
    waived: async ({ backend }) =>
      (await backend()).splitCount === undefined ? "it has no `splitCount`" : undefined,
    async run(subject) {
      const backend = await subject.backend();
      const request = { range: await subject.range() };
      const parts = (await backend.splitCount?.(request, NEVER))?.requests ?? [request];
      requireSameCounts(
        (await backend.count?.(request, NEVER)) ?? {},
        await countedTogether(backend, parts),
        "when the count is split",
      );
    },
  },
  {
    name: "counts-agree",
    why: "the records are reconciled with the server's own count",
    waived: async ({ backend }) => ((await backend()).count === undefined ? "it has no `count`" : undefined),
    async run(subject) {
      const { counts, exportedUntil } = await subject.harvest();
      const range = await subject.range();
      const until = exportedUntil ?? range.to;
      const request = { range: { from: range.from, to: until } };
      const own = await (await subject.backend()).count?.(request, NEVER);
      require(own === undefined ||
        Object.keys(own).some((unit) => unit in counts), "`count` names no unit that the records count");
      requireSameCounts(counts, own ?? {}, "by the server's own count");
    },
  },
];

/** Each part split once more, if it can be. */
async function countedTogether(backend: Backend, requests: readonly CountRequest[]): Promise<Counts> {
  const sum: Record<string, number> = {};
  for (const request of requests) {
    const parts = (await backend.splitCount?.(request, NEVER))?.requests ?? [request];
    for (const part of parts) addCounts(sum, (await backend.count?.(part, NEVER)) ?? {});
  }
  return sum;
}

function requireJson(where: string, text: string): void {
  try {
    JSON.parse(text);
  } catch {
    require(false, `${where} has a line that is not JSON: ${text.slice(0, 200)}`);
  }
}
