/** What the tests of Loki's border and their child process share: a fast clock, the export, and its lines. */
import type { Backend, Range } from "contextcore";
import type { ExportJob } from "../../../src/export/types.ts";
import type { OpenBackend } from "../../../src/host/open.ts";
import { FAST, linesIn } from "../../export/run.ts";
import { broughtBy, type Known } from "./support.ts";

/** Now, `speed` times as fast as the real clock since `began`. @param began ms since the epoch */
export const fastClock = (began: number, speed: number) => (): bigint =>
  BigInt(Math.round(began + (Date.now() - began) * speed)) * 1_000_000n;

/** The export of a range by the server's own clock. */
export function borderJob({
  backend,
  now,
  range,
}: {
  backend: Backend;
  now: () => bigint;
  range: Range;
}): Pick<ExportJob, "backends" | "tuning"> {
  const plugin = { name: "loki", about: "of the lab", options: {} as never };
  const open: OpenBackend = { name: "loki", plugin, backend, clock: now };
  return { backends: [{ open, request: { range } }], tuning: { ...FAST, groupMs: 5 } };
}

/** The lines of a snapshot, in the form of `heldBy`. */
export const linesOf = (path: string): Known[] =>
  broughtBy({ lines: new Map([["logs.json", linesIn(path, "logs.json")]]) });
