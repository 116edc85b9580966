/** Proves a trail: the chain through all its files, what its checkpoint says, and what its witnesses have seen. */
import { basename, dirname } from "node:path";
import type { OpenSink } from "../../plugin/open.ts";
import { TrailError } from "../format/error.ts";
import type { AuditEvent } from "../format/event.ts";
import { endOf } from "../format/lines.ts";
import { NoteError } from "../format/note.ts";
import { type Checkpoint, checkpointPath, readCheckpoint, readSigningKey } from "../journal/checkpoint.ts";
import { linesForward } from "../journal/forward.ts";
import { type Home, openHome } from "../journal/home.ts";
import { ownIdentity } from "../journal/identity.ts";
import { lockOf } from "../journal/journal.ts";
import { withLock } from "../journal/lock.ts";
import { closedSegments, segmentLines } from "../journal/segments.ts";
import { stateOf, toProcessMark } from "../process.ts";
import { type ChainSummary, createChainCheck } from "./chain-check.ts";
import { collectFindings, type Finding, type Findings } from "./finding.ts";
import { collectHashes, type Hashes } from "./hashes.ts";
import { checkKept } from "./kept.ts";
import { askHome, askReceipts, askSinks, type Witness } from "./witnesses.ts";

export interface VerifyOptions {
  /** The trail's file, absolute. */
  readonly file: string;
  /** `~/.contextcore` */
  readonly home: string;
  readonly project: string;
  /** Those that remember are asked what they have seen. */
  readonly sinks: readonly OpenSink[];
  /** The public key of the checkpoints, `NAME+HASH+BASE64`; default that of the key in the home, if there is one. */
  readonly publicKey?: string;
  readonly timeLimitMs?: number;
  readonly signal: AbortSignal;
}

export interface Verification {
  readonly files: number;
  readonly chain: ChainSummary;
  readonly checkpoint?: Checkpoint;
  readonly witnesses: readonly Witness[];
  /** The first hundred. */
  readonly findings: readonly Finding[];
  readonly differences: number;
  readonly warnings: number;
}

/** @throws TrailError when a file cannot be read, or there is no trail */
export async function verifyTrail(options: VerifyOptions): Promise<Verification> {
  const { file, sinks, signal, timeLimitMs = 10_000 } = options;
  const findings = collectFindings();
  const hashes = collectHashes();
  const home = openHome(options.home, file);
  const { chain, files } = await walk(file, findings, hashes, signal);
  const evidence = { file, hashes, findings };
  const checkpoint = checkCheckpoints(options, home, hashes, findings);
  checkKept(dirname(file), chain.pruned, findings);
  for (const started of chain.open) warnOfOpen(started, findings);
  const question = { ...options, host: ownIdentity().host, timeLimitMs, signal };
  const witnesses = [
    askHome(home, evidence),
    ...askReceipts(evidence),
    ...(await askSinks(sinks, question, evidence)),
  ];
  const { kept, differences, warnings } = findings;
  const result = { files, chain, witnesses, findings: kept, differences, warnings };
  return checkpoint === undefined ? result : { ...result, checkpoint };
}

async function walk(
  file: string,
  findings: Findings,
  hashes: Hashes,
  signal: AbortSignal,
): Promise<{ readonly chain: ChainSummary; readonly files: number }> {
  const check = createChainCheck(findings, hashes);
  const sources = await sourcesOf(file);
  for (const { name, lines } of sources) {
    try {
      for (const line of lines) check.take(line, name);
    } catch (error) {
      if (!(error instanceof TrailError)) throw error;
      findings.add({ severity: "difference", where: name, what: error.message });
    }
    await Bun.sleep(0); // let a signal through
    signal.throwIfAborted();
  }
  const torn = sources.at(-1)?.torn ?? 0;
  if (torn > 0) {
    const what = `the last ${torn} bytes are not a whole line: a command died while it wrote, or the file was cut`;
    findings.add({ severity: "difference", where: basename(file), what });
  }
  return { chain: check.finish(), files: sources.length };
}

/** The files of the trail, oldest first; of the one that grows only what is there now. */
async function sourcesOf(file: string) {
  const { end, closed } = await undisturbed(file, () => ({ end: endOf(file), closed: closedSegments(file) }));
  if (end === undefined && closed.length === 0) {
    throw new TrailError(`there is no trail: ${file}`, {
      hint: "The first command that changes something begins it.",
    });
  }
  const segments = closed.map((segment) => ({
    name: basename(segment.path),
    lines: segmentLines(segment),
    torn: 0,
  }));
  if (end === undefined) return segments;
  return [...segments, { name: basename(file), lines: linesForward(file, end.size), torn: end.torn }];
}

/** Looks while nobody writes; on a read-only medium, where there can be no lock, nobody does. */
async function undisturbed<Result>(file: string, look: () => Result): Promise<Result> {
  try {
    return await withLock(lockOf(file), async () => look());
  } catch (error) {
    if (error instanceof TrailError) return look();
    throw error;
  }
}

function checkCheckpoints(
  options: VerifyOptions,
  home: Home,
  hashes: Hashes,
  findings: Findings,
): Checkpoint | undefined {
  const publicKey = options.publicKey ?? readSigningKey(home)?.verifier;
  if (publicKey === undefined) return undefined;
  const found: Checkpoint[] = [];
  for (const path of [checkpointPath(options.file), home.checkpointFile]) {
    try {
      const checkpoint = readCheckpoint(path, publicKey);
      if (checkpoint !== undefined) found.push(checkpoint);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      findings.add({ severity: "difference", where: path, what: error.message });
    }
  }
  for (const { size, hash } of found) {
    if (hashes.get(size) === hash) continue;
    const what = `event ${size}, which the checkpoint was signed for, is not in the trail as it was`;
    findings.add({ severity: "difference", where: "checkpoint", seq: size, what });
  }
  return found.sort((a, b) => b.size - a.size)[0];
}

function warnOfOpen({ seq, operation, timestamp, details, host }: AuditEvent, findings: Findings): void {
  const mark = toProcessMark(details.process);
  if (mark !== undefined && host === ownIdentity().host && stateOf(mark) === "running") return;
  const what = `${operation} began at ${timestamp} and has no end`;
  findings.add({ severity: "warning", where: `event ${seq}`, seq, what });
}
