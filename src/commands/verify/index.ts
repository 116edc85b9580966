import { patiently } from "../../export/patiently.ts";
import { readManifest } from "../../snapshot/read/reader.ts";
import { compareLive, type LiveReport } from "../../snapshot/verify/live.ts";
import { type VerifyOptions, type VerifyReport, verifySnapshot } from "../../snapshot/verify/verify.ts";
import { createProgress } from "../../terminal/progress.ts";
import { fromMs } from "../../units/range.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { shortPath } from "../short-path.ts";
import { findSnapshot, SNAPSHOT } from "../snapshot-argument.ts";
import { configOf, openStack } from "../stack.ts";
import { readPart } from "./part.ts";
import { showLive, showReport, verifyJson, verifySchema } from "./show.ts";

const args = {
  snapshot: { ...SNAPSHOT, required: true },
  quick: { type: "flag", about: "the manifest, the files' sizes and the index only; no data is read" },
  "read-data": {
    type: "value",
    hint: "PART",
    parse: readPart,
    about:
      "read a part of the data: 1/7 is the first of seven parts that together are all; 10% is another tenth every day",
  },
  live: {
    type: "flag",
    about: "also count again on the servers: what expired, what arrived late, what differs",
  },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type VerifyCall = Call<typeof args>;

export default defineCommand({
  about: "prove a snapshot: every file, block, checksum and line; exit code 5 when anything differs",
  args,
  exclusive: [["quick", "read-data"]],
  examples: [
    { line: "verify latest", about: "everything" },
    { line: "verify latest --read-data=1/7", about: "in cron: seven nights read everything once" },
    { line: "verify 20260124-143000 --live", about: "and compare with what the servers hold now" },
  ],
  json: verifySchema,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const path = await findSnapshot(call.args.snapshot, { ...call, backups });
    const report = await verified(call, path);
    const live = call.args.live && report.status !== undefined ? await comparedLive(call, path) : [];
    if (call.args.json) call.terminal.printJson(verifyJson(report, live));
    else {
      showReport(report, shortPath(path, call.directory), call.terminal);
      showLive(live, call.terminal);
    }
    const differs = live.some(({ differences }) => differences.some(({ verdict }) => verdict === "differs"));
    if (!report.sound || differs) return EXIT.different;
    // What could not be counted is not shown to differ, and not shown to be equal.
    return live.some(({ failed }) => failed > 0) ? EXIT.partial : EXIT.ok;
  },
});

async function verified({ args: given, terminal, signal }: VerifyCall, path: string): Promise<VerifyReport> {
  const board = createProgress(terminal);
  const options: VerifyOptions = {
    depth: given.quick ? "sizes" : "lines",
    ...(given["read-data"] === undefined ? {} : { part: given["read-data"] }),
    signal,
    onProgress: ({ bytes, totalBytes }) =>
      board.update({
        name: "verify",
        done: bytes / totalBytes,
        bytes,
        counts: {},
        state: "running",
        retries: 0,
      }),
  };
  try {
    return await verifySnapshot(path, options);
  } finally {
    board.stop();
  }
}

async function comparedLive(call: VerifyCall, path: string): Promise<LiveReport[]> {
  const { plugins } = await readManifest(path);
  const stack = await openStack(call);
  const reports: LiveReport[] = [];
  for (const saved of plugins) {
    const open = stack.backends.find(({ name }) => name === saved.name);
    if (open === undefined) call.terminal.warn(`${saved.name}: not compared, no such backend is configured`);
    else {
      const options = { now: fromMs(Date.now()), signal: call.signal };
      const again = <Answer>(ask: () => Promise<Answer>) => patiently(ask, call.signal);
      reports.push(await compareLive(saved, open, { ...options, patiently: again }));
    }
  }
  return reports;
}
