/** An export across the border in a process of its own, to be killed: `bun border-child.ts SETTING`; goes on where one was begun. */
import { exportSnapshot, resumeSnapshot } from "../../../src/export/export-snapshot.ts";
import { listPartials } from "../../../src/snapshot/write/partial.ts";
import { borderJob, fastClock } from "./border-export.ts";
import { openLoki } from "./support.ts";

const { url, directory, began, speed, from, to } = JSON.parse(process.argv[2] ?? "");
const now = fastClock(began, speed);
const job = {
  ...borderJob({
    backend: openLoki({ url, pageSize: 500 }, { now }),
    now,
    range: { from: BigInt(from), to: BigInt(to) },
  }),
  failures: [],
  directory,
  concurrency: 4,
  signal: AbortSignal.timeout(60_000),
};
const [partial] = await listPartials(directory);
const { path, manifest } = await (partial === undefined ? exportSnapshot(job) : resumeSnapshot(partial, job));
console.log(manifest.status, path);
