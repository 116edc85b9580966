/** An export in a process of its own, to be killed: `bun child.ts URL DIRECTORY ENTRIES [PARTIAL]`. */
import { exportSnapshot, resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { fakeRange } from "./fake-backend.ts";
import { FAST } from "./run.ts";
import { remoteBackend } from "./step-server.ts";

const [url = "", directory = "", entries = "0", partial] = process.argv.slice(2);
const job = {
  backends: [{ open: remoteBackend(url), request: { range: fakeRange(Number(entries)) } }],
  failures: [],
  directory,
  concurrency: 6,
  signal: AbortSignal.timeout(60_000),
  tuning: { ...FAST, groupMs: 5 },
};
const { path } = await (partial === undefined ? exportSnapshot(job) : resumeSnapshot(partial, job));
console.log(path);
