/**
 * Writes the JSON Schemas that lie beside the definitions they are made from: of a manifest, and of a saved run. A test compares
 * each.
 */
import { resolve } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { runRecordSchema } from "../src/activity/format/run-record.ts";
import { manifestSchema } from "../src/snapshot/format/manifest.ts";

/** The JSON Schema of a manifest, draft 2020-12. */
export const manifestJsonSchema = () => toJsonSchema(manifestSchema, { target: "draft-2020-12" });

/** That of a line of `activity/runs.jsonl`; what valibot checks and it has no word for (that a time exists) is left out. */
export const runJsonSchema = () =>
  toJsonSchema(runRecordSchema, {
    target: "draft-2020-12",
    errorMode: "ignore",
    ignoreActions: ["check"],
  });

const FILES = {
  "../src/snapshot/format/manifest.schema.json": manifestJsonSchema,
  "../src/activity/format/run-record.schema.json": runJsonSchema,
};

if (import.meta.main)
  for (const [file, schema] of Object.entries(FILES))
    await Bun.write(resolve(import.meta.dir, file), `${JSON.stringify(schema(), null, 2)}\n`);
