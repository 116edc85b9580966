/** Exports against what servers of several versions answered: every span and line that was pushed, and nothing said to be missing. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import loki from "../../plugins/loki/index.ts";
import tempo from "../../plugins/tempo/index.ts";
import { flattened } from "../plugins/tempo/support.ts";
import { linesOf as linesIn } from "./exported.ts";
import { exported } from "./replayed.ts";

const spansOf = (documents: readonly unknown[]): string[] => documents.flatMap(flattened).sort();

test.each(tempo.tried ?? [])("%s: every span as it was pushed", async (server) => {
  const { session, files, claims, inventory } = await exported(server);
  const pushed = spansOf(session.pushed);
  expect(spansOf(linesIn(files, "traces.json").map((line) => JSON.parse(line)))).toEqual(pushed);
  expect(claims?.counts).toMatchObject({ traces: 40, spans: pushed.length, spansInRange: pushed.length });
  expect(inventory.newest).toBeLessThan(session.clock);
});

const push = v.object({
  streams: v.array(
    v.object({
      stream: v.record(v.string(), v.string()),
      values: v.array(v.tuple([v.string(), v.string(), v.optional(v.record(v.string(), v.string()), {})])),
    }),
  ),
});

/** Every line with its stream and metadata; Loki itself adds the level that it finds. */
const linesOf = (documents: readonly unknown[]): string[] =>
  documents
    .flatMap((one) => v.parse(push, one).streams)
    .flatMap(({ stream, values }) =>
      values.map(([time, line, { detected_level: _, ...metadata }]) =>
        JSON.stringify([Object.entries(stream).sort(), time, line, Object.entries(metadata).sort()]),
      ),
    )
    .sort();

test.each(loki.tried ?? [])("%s: every line as it was pushed", async (server) => {
  const { session, files, claims } = await exported(server);
  const pushed = linesOf(session.pushed);
  expect(linesOf(linesIn(files, "logs.json").map((line) => JSON.parse(line)))).toEqual(pushed);
  expect(claims?.counts).toMatchObject({ entries: pushed.length });
});
