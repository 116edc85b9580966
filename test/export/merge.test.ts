/** What of a second reading is added: only what is not held, record by record, whatever the lines that it comes in. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Counts, type LineRecords, v } from "contextcore";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { FIRST, SECOND } from "./fake-backend.ts";
import { linesIn, runExport, scratch } from "./run.ts";

const RANGE = { from: FIRST, to: FIRST + 20n * SECOND };
const at = (second: number): number => 1_000_000 + second * 1_000;

/** A backend that gives these lines to who reads the first and the second time. */
function backendOf(
  name: string,
  readings: readonly (readonly object[])[],
  given: Partial<LineRecords>,
  server: Counts,
) {
  let reading = 0;
  const records = (): LineRecords[] => {
    const lines = readings[Math.min(reading++, readings.length - 1)] ?? [];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const counts = { lines: lines.length };
    return lines.length === 0
      ? []
      : [{ file: "logs.json", text, lines: lines.length, ...RANGE, counts, ...given }];
  };
  return {
    name,
    plugin: { name, about: "a fake", options: v.object({}) },
    backend: {
      inventory: async () => ({ signals: [], importance: "low" as const }),
      size: async () => ({ bytes: 1, source: "estimate" as const }),
      count: async () => server,
      export: {
        start: async () => ({ cursors: [{ from: `${RANGE.from}`, to: `${RANGE.to}` }] }),
        step: async () => ({ records: records() }),
      },
    },
  };
}

async function exported(directory: string, open: ReturnType<typeof backendOf>) {
  const { path, manifest } = await runExport(directory, [], {
    backends: [{ open, request: { range: RANGE } }],
  });
  expect((await verifySnapshot(path)).flaws).toEqual([]);
  const [claims] = manifest.plugins;
  return { path, claims, problems: claims?.problems.map(({ kind, reason }) => `${kind}: ${reason}`) };
}

const series = (times: readonly number[], values: readonly (number | null)[], more: object = {}): object => ({
  metric: { __name__: "up" },
  timestamps: times.map(at),
  values,
  ...more,
});

describe("samples", () => {
  test("of a series that are held already are left out of its line; their values stay as they were written", async () => {
    using dir = scratch();
    const second = series([1, 2, 3, 4, 5], [1, 2.5, null, -0, null], {
      special: { "2": "stale", "4": "7ff8000000000001" },
      starts: [
        [1, at(0)],
        [4, at(3)],
      ],
    });
    const open = backendOf(
      "fake",
      [[series([1], [1])], [second]],
      { file: "metrics.json", counts: { samples: 1 } },
      { samples: 4 },
    );
    const text = JSON.stringify(second).replace("null,0,null", "null,-0,null");
    const step = open.backend.export.step;
    let steps = 0;
    open.backend.export.step = async () => {
      const { records } = await step();
      steps += 1;
      const counts = steps === 1 ? { samples: 1 } : { samples: 4, stale: 1 };
      return {
        records: records.map((one) => ({ ...one, counts, ...(steps === 1 ? {} : { text: `${text}\n` }) })),
      };
    };
    const { path, claims } = await exported(dir.path, open);
    expect([claims?.status, claims?.counts]).toEqual(["complete", { samples: 4, stale: 1 }]);
    expect(linesIn(path, "metrics.json")[1]).toBe(
      `{"metric":{"__name__":"up"},"timestamps":[${[2, 3, 4, 5].map(at)}],"values":[2.5,null,-0,null],"special":{"1":"stale","3":"7ff8000000000001"},"starts":[[0,${at(0)}],[3,${at(3)}]]}`,
    );
  });

  test("that have another value the second time stay as they were read first, and are named", async () => {
    using dir = scratch();
    const readings = [[series([1, 2], [1, 2])], [series([1, 2, 3], [1, 9, 3])]];
    const open = backendOf("fake", readings, { file: "metrics.json" }, { samples: 3 });
    open.backend.export.step = counted(open.backend.export.step, [{ samples: 2 }, { samples: 3 }]);
    const { path, claims, problems } = await exported(dir.path, open);
    expect(linesIn(path, "metrics.json").map((line) => JSON.parse(line).values)).toEqual([[1, 2], [3]]);
    expect(problems).toEqual([
      "lossy: The server returned different values for these the second time; the first ones are kept.",
    ]);
    expect(claims?.problems[0]?.items).toEqual(['{"__name__":"up"} at 1970-01-01T00:16:42.000Z']);
    expect(claims?.status).toBe("complete");
  });
});

/** The same steps with other counts. */
function counted(
  step: () => Promise<{ records: LineRecords[] }>,
  all: readonly Counts[],
): () => Promise<{ records: LineRecords[] }> {
  let steps = 0;
  return async () => {
    const counts = all[Math.min(steps++, all.length - 1)] ?? {};
    const { records } = await step();
    return { records: records.map((one) => ({ ...one, counts })) };
  };
}

describe("lines of a plugin's own", () => {
  const row = (id: number): object => ({ id, text: `row ${id}` });

  test("that are one record each are compared whole; of equal ones as many are held as there are", async () => {
    using dir = scratch();
    const readings = [
      [row(1), row(2), row(2)],
      [row(3), row(2), row(2), row(2), { text: "row 1", id: 1 }],
    ];
    const { path, claims } = await exported(
      dir.path,
      backendOf("fake", readings, { file: "fake/rows.jsonl" }, { lines: 5 }),
    );
    expect([claims?.status, claims?.counts]).toEqual(["complete", { lines: 5 }]);
    expect(linesIn(path, "fake/rows.jsonl").map((line) => JSON.parse(line).id)).toEqual([1, 2, 2, 3, 2]);
  });

  test("that hold several records cannot be told apart: nothing is doubled, and that is said", async () => {
    using dir = scratch();
    const readings = [[{ rows: [1, 2] }], [{ rows: [1, 2, 3] }]];
    const open = backendOf("fake", readings, { file: "fake/rows.jsonl" }, { rows: 3 });
    open.backend.export.step = counted(open.backend.export.step, [{ rows: 2 }, { rows: 3 }]);
    const { path, claims, problems } = await exported(dir.path, open);
    expect(readFileSync(join(path, "fake/rows.jsonl"), "utf8")).toBe('{"rows":[1,2]}\n');
    expect(claims?.status).toBe("partial");
    expect(problems).toEqual([
      expect.stringContaining(
        "incomplete: fake/rows.jsonl was read a second time, but nothing of that is kept",
      ),
      "incomplete: the server counts 1 row more than were read",
    ]);
  });

  test("that the server does not count are not lacking: they are left as they were read first", async () => {
    using dir = scratch();
    const readings = [[row(1)], [{ ...row(1), text: "changed" }, row(2)]];
    const open = backendOf("fake", readings, { file: "fake/rows.jsonl" }, { others: 1 });
    const { path, claims } = await exported(dir.path, open);
    expect(linesIn(path, "fake/rows.jsonl")).toEqual([JSON.stringify(row(1))]);
    expect(claims?.status).toBe("partial");
  });
});
