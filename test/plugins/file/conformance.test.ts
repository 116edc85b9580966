/** The rules that every sink is held to, run on this one. */
import { join } from "node:path";
import file from "../../../plugins/file/index.ts";
import { SINK_SERVER_RULES, testSink } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const path = join(temporaryDirectory(), "events.jsonl");

async function arrived(): Promise<string[]> {
  const events = Bun.file(path);
  return (await events.exists()) ? (await events.text()).split("\n").filter((line) => line !== "") : [];
}

testSink({ declaration: file, options: { path }, arrived, waived: SINK_SERVER_RULES });
