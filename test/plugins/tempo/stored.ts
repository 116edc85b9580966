/** Blocks of a real Tempo from the fixtures, and a lab whose API answers as the one that wrote them. */
import { expect } from "bun:test";
import { cp, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { fromOtlpJson } from "../../../src/otlp/from-json.ts";
import type { Trace } from "../../lab/tempo/model.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { at, harvest, stage } from "./support.ts";

/** Every format that can be read. */
export const FORMATS = ["vParquet3", "vParquet4", "vParquet5"];
export const fixtures = join(import.meta.dir, "../../fixtures/tempo");
/** Where the blocks of a format are. */
export const storageOf = (format: string): string => join(fixtures, format, "blocks");

/** The fixtures' traces lie between 17:02 and 17:17. */
export const RANGE = { from: at("17:00:00"), to: at("17:20:00") };
/** So late that nothing is new. */
export const LATER = at("20:00:00");

const answered = v.object({ traceID: v.string(), trace: v.unknown() });

/** What the API said: proto JSON with ids in base64. */
async function truthOf(format: string): Promise<{ id: string; trace: Trace }[]> {
  const zipped = await Bun.file(join(fixtures, format, "truth.jsonl.gz")).bytes();
  const lines = new TextDecoder().decode(Bun.gunzipSync(zipped)).trim().split("\n");
  return lines.map((line) => {
    const { traceID, trace } = v.parse(answered, JSON.parse(line, withHexIds));
    return { id: traceID, trace: fromOtlpJson(trace) };
  });
}

const withHexIds = (key: string, value: unknown): unknown =>
  /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(String(value), "base64").toString("hex") : value;

const truths = new Map<string, { id: string; trace: Trace }[]>();
for (const format of FORMATS) truths.set(format, await truthOf(format));

/** What the API said of the blocks of a format. */
export const truthIn = (format: string): readonly { id: string; trace: Trace }[] => truths.get(format) ?? [];

const ANSWERING = { storage: "", now: 0n, stepBytes: 0, querier: true };

/** A lab whose API answers as the one that wrote the blocks. */
export function answering(
  format: string,
  { storage = "", now = LATER, stepBytes = 8 << 20, querier = true }: Partial<typeof ANSWERING> = {},
) {
  const options = storage === "" ? {} : { storage };
  const here = stage({ now: () => now, stepBytes, limits: { querier }, options });
  here.face.add((truths.get(format) ?? []).map(({ id, trace }) => storedTrace(id, trace)));
  return here;
}

/** The lines that the API gives. */
export async function throughApi(format: string): Promise<readonly string[]> {
  await using here = answering(format);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 });
  return found.lines.get("traces.json") ?? [];
}

/** A copy of the blocks that may be changed, in a directory of its own. */
export async function copied(format: string, under: string): Promise<string> {
  const directory = await mkdtemp(join(under, "copy-"));
  await cp(storageOf(format), directory, { recursive: true });
  return directory;
}
