/** The rules that every backend is held to, run on this one: with and without what was said. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import activity from "../../../plugins/activity/index.ts";
import { runJsonSchema } from "../../../scripts/manifest-schema.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { makeLog, makeRuns } from "./runs.ts";

const waived = ["limits", "count-split-is-whole", ...MATCH_RULES, ...SERVER_RULES, "expire-old"];
const empty = () => ({ path: join(temporaryDirectory(), "activity.db") });

describe("metadata", () =>
  testBackend({
    declaration: activity,
    options: { path: makeLog(makeRuns(400)) },
    empty: empty(),
    subject: { id: "c7", where: "conversation={id}" },
    waived,
  }));

describe("content", () =>
  testBackend({
    declaration: activity,
    options: { path: makeLog(makeRuns(400)), export: "content" },
    empty: { ...empty(), export: "content" },
    subject: { id: "k9", where: "user={id}, text={id}" },
    waived,
  }));

test("the published JSON Schema of a line is that of the definition", () => {
  const file = join(import.meta.dir, "../../../src/activity/format/run-record.schema.json");
  // `bun scripts/manifest-schema.ts` writes it again.
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(runJsonSchema())));
});
