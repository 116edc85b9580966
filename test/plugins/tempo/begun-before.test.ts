/** What version 0.1.1 began and this one goes on with: there, nothing but its spans says to which window a trace belongs. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import type { Cursor } from "../../../src/contract/contract.ts";
import { answering, RANGE as BLOCKS, storageOf, throughApi } from "./stored.ts";
import { at, HOUR, linesOf, NOW, never, SECOND, span, stage } from "./support.ts";
import { put, RANGE } from "./traces.ts";

test("through the API, a trace that several windows list comes once", async () => {
  await using here = stage();
  const border = NOW - 3n * HOUR;
  put(here, "1", [span("1", "1", border - SECOND, { end: border + SECOND })]);
  put(here, "2", [span("2", "1", border - SECOND), span("2", "2", border + HOUR)]);
  put(here, "3", [span("3", "1", RANGE.from - HOUR, { end: RANGE.from + 3n * HOUR })]);
  put(here, "4", [span("4", "1", RANGE.from - HOUR), span("4", "2", RANGE.from + 3n * HOUR)]);
  const { cursors } = await here.backend.export.start({ range: RANGE }, never);
  const begun = cursors.map((cursor) => ({ ...cursor, partFrom: String(RANGE.from) }));
  const lines = await linesOf((cursor) => here.backend.export.step(cursor, never), begun);
  expect(lines).toHaveLength(4);
});

test("from the storage and without a querier, windows have what reaches into the newest hour", async () => {
  const expected = await throughApi("vParquet5");
  const options = { storage: storageOf("vParquet5"), now: at("18:12:00"), querier: false };
  await using here = answering("vParquet5", options);
  const { cursors } = await here.backend.export.start({ range: BLOCKS }, never);
  const lines = await linesOf((cursor) => here.open().export.step(cursor, never), cursors.map(asBegun));
  expect(lines.sort()).toEqual([...expected].map((line) => line.trim()).sort());
});

/** A first cursor as that version gave it. */
function asBegun({ all: _, beyond, ...cursor }: Cursor): Cursor {
  if (cursor.kind === "block") return cursor;
  const { blocks, everywhere } = v.parse(BEYOND, beyond);
  if (everywhere) return { ...cursor, partFrom: cursor.from ?? "" };
  return { ...cursor, partFrom: String(BLOCKS.from), beyond: { blocks, recent: RECENT } };
}

/** What lies behind the newest blocks by the clock of that server. */
const RECENT = String(at("17:10:30"));
const BEYOND = v.object({ blocks: v.string(), everywhere: v.optional(v.boolean()) });
