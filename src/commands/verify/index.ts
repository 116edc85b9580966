import { patiently } from "../../engine/patiently.ts";
import { backendOf } from "../../host/open.ts";
import { nameOf } from "../../snapshot/catalog/chain.ts";
import { claimsOfBackend, snapshotsOf } from "../../snapshot/catalog/chain-claims.ts";
import type { Chosen } from "../../snapshot/catalog/choose.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { compareLive, type LiveReport } from "../../snapshot/verify/live.ts";
import { type VerifyReport, verifySnapshot } from "../../snapshot/verify/verify.ts";
import { UsageError } from "../../tasks/errors.ts";
import { createProgress } from "../../terminal/progress.ts";
import { fromMs } from "../../units/range.ts";
import { shortPath } from "../../units/short-path.ts";
import { isWhole, tellChosen, tellLacking } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { CHAIN, chooseSnapshots, findSnapshot, SNAPSHOT } from "../snapshot-argument.ts";
import { configOf, openStack } from "../stack.ts";
import { type Verified, verifyJson, verifySchema } from "./json.ts";
import { readPart } from "./part.ts";
import { showReports } from "./show.ts";

const args = {
  snapshot: SNAPSHOT,
  all: { type: "flag", about: "every snapshot that is kept" },
  chain: CHAIN,
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
  about: "prove snapshots: every file, block, checksum and line; exit code 5 when anything differs",
  args,
  exclusive: [
    ["quick", "read-data"],
    ["all", "snapshot"],
    ["all", "chain"],
  ],
  examples: [
    { line: "verify latest", about: "the newest of each backend, and all that it continues" },
    { line: "verify latest --read-data=1/7", about: "in cron: seven nights read everything once" },
    { line: "verify 20260124-143000 --live", about: "and compare with what the servers hold now" },
  ],
  json: verifySchema,
  async run(call): Promise<ExitCode> {
    const { snapshot: named, all } = call.args;
    if (named === undefined && !all) throw new UsageError("which snapshot?", WHICH);
    const { paths, chosen } = await chosenBy(call);
    const reports = await verifiedAll(call, paths);
    const live = call.args.live && chosen !== undefined ? await comparedLive(call, chosen) : [];
    const verified = { reports, chosen, live };
    if (call.args.json) call.terminal.printJson(verifyJson(verified));
    else showReports(verified, (path) => shortPath(path, call.directory), call.terminal);
    return exitFor(verified);
  },
});

const WHICH = "a name, a directory or `latest`; --all for every one that is kept";

function exitFor({ reports, chosen, live }: Verified): ExitCode {
  const differs = live.some(({ differences }) => differences.some(({ verdict }) => verdict === "differs"));
  if (differs || reports.some(({ sound }) => !sound)) return EXIT.different;
  const isShort = chosen !== undefined && !isWhole(chosen);
  // What could not be counted is not shown to differ, and not shown to be equal.
  const uncounted = live.some(({ failed }) => failed > 0);
  return isShort || uncounted ? EXIT.partial : EXIT.ok;
}

interface ToVerify {
  /** The oldest first. */
  readonly paths: readonly string[];
  /** Absent: the manifest of the one that is named cannot be believed. */
  readonly chosen: Chosen | undefined;
}

/** A named snapshot is looked at whatever is wrong with it, and so is each that a chain lacks though it is there. */
async function chosenBy(call: VerifyCall): Promise<ToVerify> {
  const { backups } = await configOf(call);
  const place = { directory: call.directory, backups };
  const { snapshot, chain } = call.args;
  try {
    const chosen = await chooseSnapshots({ snapshot, chain }, place);
    tellChosen(chosen, call.terminal);
    tellLacking(chosen, call.terminal);
    const missing = chosen.chains.flatMap((each) => each.missing);
    const lost = [...missing, ...chosen.broken].map(({ name }) => name);
    const { unreadable } = await readKept(backups);
    const broken = unreadable.filter(({ path }) => lost.includes(nameOf({ path })));
    const paths = [...snapshotsOf(chosen.chains), ...broken].map(({ path }) => path);
    return { paths: [...new Set(paths)], chosen };
  } catch (error) {
    if (!(error instanceof SnapshotError) || snapshot === undefined) throw error;
    return { paths: [await findSnapshot(snapshot, place)], chosen: undefined };
  }
}

async function verifiedAll(call: VerifyCall, paths: readonly string[]): Promise<VerifyReport[]> {
  const board = createProgress(call.terminal);
  const reports: VerifyReport[] = [];
  try {
    for (const [index, path] of paths.entries()) {
      const show = (share: number, bytes: number): void =>
        board.update({
          name: "verify",
          done: (index + share) / paths.length,
          bytes: reports.reduce((sum, one) => sum + one.bytes, bytes),
          counts: {},
          state: "running",
          retries: 0,
        });
      reports.push(await verified(call, path, show));
    }
    return reports;
  } finally {
    board.stop();
  }
}

function verified(
  { args: given, signal }: VerifyCall,
  path: string,
  show: (share: number, bytes: number) => void,
): Promise<VerifyReport> {
  return verifySnapshot(path, {
    depth: given.quick ? "sizes" : "lines",
    ...(given["read-data"] === undefined ? {} : { part: given["read-data"] }),
    signal,
    onProgress: ({ bytes, totalBytes }) => show(bytes / totalBytes, bytes),
  });
}

async function comparedLive(call: VerifyCall, { chains }: Chosen): Promise<LiveReport[]> {
  const plugins = chains.map(claimsOfBackend);
  const stack = await openStack(call);
  const reports: LiveReport[] = [];
  for (const saved of plugins) {
    const open = backendOf(saved, stack.backends);
    if (open === undefined) call.terminal.warn(`${saved.name}: not compared, no such backend is configured`);
    else {
      const options = { now: fromMs(Date.now()), signal: call.signal };
      const again = <Answer>(ask: () => Promise<Answer>) => patiently(ask, call.signal);
      reports.push(await compareLive(saved, open, { ...options, patiently: again }));
    }
  }
  return reports;
}
