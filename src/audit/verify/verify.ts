/** Verifies a trail: the chain through all its files, its checkpoint, and what its witnesses have seen. */
import { basename, dirname } from "node:path";
import type { OpenFailure, OpenSink } from "../../host/open.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { stateOf, toProcessMark } from "../../units/process-mark.ts";
import { readSinkStates, sinksFolder } from "../deliver/state.ts";
import { adviceOnInterrupted } from "../format/advice.ts";
import { TrailError } from "../format/error.ts";
import type { AuditEvent } from "../format/event.ts";
import type { Checkpoint } from "../journal/checkpoint.ts";
import { cutLines } from "../journal/forward.ts";
import { headFromCopy } from "../journal/found-copy.ts";
import { type Head, type Home, openHome } from "../journal/home.ts";
import { ownIdentity } from "../journal/identity.ts";
import { type ChainCheck, type ChainSummary, createChainCheck } from "./chain-check.ts";
import { checkCheckpoints, checkMissing, readCheckpoints } from "./checkpoints.ts";
import { collectDiagnostics, type TrailDiagnostic, type TrailDiagnostics } from "./diagnostics.ts";
import { collectHashes, type Hashes } from "./hashes.ts";
import { checkKept } from "./kept.ts";
import { lookAt, type TrailFile } from "./sources.ts";
import { askSinks, judgeAnswer, judgeHome, judgeReceipts, type Witness } from "./witnesses.ts";

/** The trail to verify, and its witnesses. */
export interface VerifyTrailOptions {
  /** The trail's file, absolute. */
  readonly file: string;
  /** `~/.contextcore` */
  readonly home: string;
  readonly project: string;
  /** Sinks that keep a history are asked what they have seen. */
  readonly sinks: readonly OpenSink[];
  /** Configured sinks that could not be opened, and so cannot be asked. */
  readonly unopened?: readonly OpenFailure[];
  /** The public key of the checkpoints, `NAME+HASH+BASE64`; default that of the key in the home, if there is one. */
  readonly publicKey?: string;
  readonly timeLimitMs?: number;
  readonly signal: AbortSignal;
}

/** What a verification found. */
export interface Verification {
  readonly files: number;
  readonly chain: ChainSummary;
  readonly checkpoint?: Checkpoint;
  readonly witnesses: readonly Witness[];
  /** The first hundred. */
  readonly findings: readonly TrailDiagnostic[];
  readonly differences: number;
  readonly warnings: number;
  /** A public key was given, and nothing at all is signed with it. */
  readonly unsigned?: true;
}

/**
 * Only reads, and writes nothing. Witnesses are asked before the trail is read, so they have seen nothing that should not be
 * in it, however much is appended meanwhile.
 * @throws TrailError when there is no trail, or what is known of it cannot be read
 */
export async function verifyTrail(options: VerifyTrailOptions): Promise<Verification> {
  const findings = collectDiagnostics();
  try {
    return await proveAll(options, findings);
  } catch (error) {
    if (!(error instanceof TrailError && error.cause instanceof UnsafeFileError)) throw error;
    // Something replaced a file of the trail. That is not an unreadable trail, but a changed one.
    findings.add({ severity: "difference", subject: basename(error.cause.path), message: error.message });
    const { kept, differences, warnings } = findings;
    const chain = createChainCheck(collectDiagnostics(), collectHashes()).finish();
    return { files: 0, chain, witnesses: [], findings: kept, differences, warnings };
  }
}

async function proveAll(options: VerifyTrailOptions, findings: TrailDiagnostics): Promise<Verification> {
  const { file, sinks, signal, timeLimitMs = 10_000 } = options;
  const hashes = collectHashes();
  const home = openHome(options.home, file);
  const answers = await askSinks(sinks, { ...options, host: ownIdentity().host, timeLimitMs, signal });
  const silent = (options.unopened ?? []).map(({ name, error }) => ({ name, seen: error }));
  const receipts = readSinkStates(sinksFolder(file));
  const signed = readCheckpoints(file, home, options.publicKey);
  const { chain, files, head } = await walk(file, home, { findings, hashes, signal });
  const past = checkKept(dirname(file), chain.pruned, findings);
  const evidence = { file, hashes, findings, past, changed: chain.changed };
  const checkpoint = checkCheckpoints(signed, evidence);
  const unsigned = checkMissing(signed, chain.signing, findings);
  for (const started of chain.open) warnOfOpen(started, findings);
  const witnesses = [
    judgeHome(home, head ?? headFromCopy(home, file, hashes), evidence, (chain.pruned?.lastSeq ?? 0) + 1),
    ...judgeReceipts(receipts, evidence),
    ...[...answers, ...silent].flatMap((answer) => judgeAnswer(answer, evidence)),
  ];
  const { kept, differences, warnings } = findings;
  const result = {
    files,
    chain,
    witnesses,
    findings: kept,
    differences,
    warnings,
    ...(unsigned && { unsigned }),
  };
  return checkpoint === undefined ? result : { ...result, checkpoint };
}

interface Walking {
  readonly findings: TrailDiagnostics;
  readonly hashes: Hashes;
  readonly signal: AbortSignal;
}

interface Walked {
  readonly chain: ChainSummary;
  readonly files: number;
  /** What the home knew about the trail at that time. */
  readonly head: Head | undefined;
}

async function walk(file: string, home: Home, { findings, hashes, signal }: Walking): Promise<Walked> {
  const check = createChainCheck(findings, hashes);
  const { sources, torn, head, close } = await lookAt(file, home);
  const found = new Map<string, string>();
  try {
    for (const source of sources) {
      takeSource(source, check, findings, (sha256) => found.set(source.name, sha256));
      await Bun.sleep(0); // let signals be handled
      signal.throwIfAborted();
    }
  } finally {
    close();
  }
  if (torn > 0) {
    const message = `the last ${torn} bytes are not a whole line: a command died while writing, or the file was cut`;
    findings.add({ severity: "difference", subject: basename(file), message });
  }
  const chain = check.finish();
  checkClosed(found, chain.closed, findings);
  return { chain, files: sources.length, head };
}

function takeSource(
  { name, blocks }: TrailFile,
  check: ChainCheck,
  findings: TrailDiagnostics,
  onHash: (sha256: string) => void,
): void {
  try {
    for (const line of cutLines(blocks(onHash))) check.take(line, name);
  } catch (error) {
    if (!(error instanceof TrailError)) throw error;
    findings.add({ severity: "difference", subject: name, message: error.message });
  }
}

/** Some bits of a compressed file have no meaning, so only the hash of the whole file shows that one was changed. */
function checkClosed(
  found: ReadonlyMap<string, string>,
  recorded: ReadonlyMap<string, string>,
  findings: TrailDiagnostics,
): void {
  for (const [name, sha256] of found) {
    const expected = recorded.get(name);
    if (expected === sha256) continue;
    const severity = expected === undefined ? "warning" : "difference";
    const message =
      expected === undefined
        ? "no event recorded its SHA-256 when it was closed"
        : `it was changed after it was closed: its SHA-256 is ${sha256}, but ${expected} was recorded`;
    findings.add({ severity, subject: name, message });
  }
}

function warnOfOpen(started: AuditEvent, findings: TrailDiagnostics): void {
  const { seq, operation, timestamp, details, host } = started;
  const mark = toProcessMark(details.process);
  if (mark !== undefined && host === ownIdentity().host && stateOf(mark) === "running") return;
  const { left, next } = adviceOnInterrupted(started);
  const message = `${operation} began at ${timestamp} and has no end: ${left}. ${next}`;
  findings.add({ severity: "warning", subject: `event ${seq}`, seq, message });
}
