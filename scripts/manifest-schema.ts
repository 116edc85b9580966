/** Writes `src/snapshot/format/manifest.schema.json` from the definition in `manifest.ts`. A test compares the two. */
import { resolve } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { manifestSchema } from "../src/snapshot/format/manifest.ts";

/** The JSON Schema of a manifest, draft 2020-12. */
export const manifestJsonSchema = () => toJsonSchema(manifestSchema, { target: "draft-2020-12" });

if (import.meta.main) {
  const path = resolve(import.meta.dir, "../src/snapshot/format/manifest.schema.json");
  await Bun.write(path, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
}
