/** Puts a compressed file in the place of a log: written, on the disk, read back and equal before the log goes. */
import type { Level } from "../../config/logs.ts";
import { compressBlock } from "../../snapshot/format/compress.ts";
import type { Entry } from "../../storage/entries.ts";
import type { HeldDirectory } from "../../storage/held-directory.ts";
import {
  beginReplacement,
  type OpenedFile,
  openIn,
  removeIn,
  syncFile,
  syncHeld,
} from "../../storage/replaced-file.ts";
import { piecesOf, unpacked } from "./content.ts";
import { scanLevels } from "./level.ts";
import { compressedName } from "./name.ts";
import { logMark } from "./plan.ts";
import { deciding, type LogPolicy } from "./policy.ts";

/** The compressed file. */
interface Compressed {
  readonly name: string;
  readonly bytes: number;
}

/** The log has changed since it was planned, so it stays. */
export class ChangedLog extends Error {
  override readonly name = "ChangedLog";
}

interface Compressing {
  /** As it was when it was planned. */
  readonly mark: string;
  readonly policy: LogPolicy;
  /** Whether some program has it open now. */
  readonly isOpen: (entry: Entry) => boolean;
  readonly signal: AbortSignal;
}

/** Of how many files of the same time and name there may be one more. */
const AGAIN_MAX = 100;

/** @throws ChangedLog; what the system throws; an error when what was read back is not equal: the log stays then */
export async function compressLog(
  directory: HeldDirectory,
  name: string,
  { mark, policy, isOpen, signal }: Compressing,
): Promise<Compressed> {
  using log = openIn(directory, name);
  requireSame(log, mark);
  using replacement = beginReplacement(directory, log);
  const hash = new Bun.CryptoHasher("sha256");
  const scan = scanLevels();
  let bytes = 0;
  for await (const piece of piecesOf(log, signal)) {
    hash.update(piece);
    scan.add(piece);
    bytes += piece.length;
    replacement.write(await compressBlock(piece));
  }
  requireSame(log, mark);
  const content: Content = { sha256: hash.digest("hex"), bytes };
  const written = replacement.finish();
  if (!(await holds(written, content, signal)))
    throw new Error("what was compressed does not read back as it was");
  const own = await nameFor(directory, name, {
    ...{ content, signal, keep: replacement.keep, changedMs: log.entry().changedMs },
    level: deciding(policy, scan.found()),
  });
  syncHeld(directory);
  requireUntouched(directory.entry(name), { mark, isOpen });
  removeIn(directory, name);
  syncHeld(directory);
  return { name: own, bytes: written.entry().bytes };
}

function requireSame(file: OpenedFile, mark: string): void {
  if (logMark(file.entry()) !== mark) throw new ChangedLog("it has changed");
}

/** Whoever has written to it meanwhile, or is about to, keeps it. */
function requireUntouched(
  now: Entry | undefined,
  { mark, isOpen }: Pick<Compressing, "mark" | "isOpen">,
): void {
  if (now !== undefined && isOpen(now)) throw new ChangedLog("a program has opened it meanwhile");
  if (now === undefined || logMark(now) !== mark)
    throw new ChangedLog("it was changed while it was compressed");
}

/** What was in the log. */
interface Content {
  readonly sha256: string;
  readonly bytes: number;
}

interface Naming {
  readonly changedMs: number;
  readonly level: Level | undefined;
  readonly content: Content;
  readonly keep: (name: string) => boolean;
  readonly signal: AbortSignal;
}

/** Keeps it under the first name that is free, unless one of them is already this very log: a run was killed in between. */
async function nameFor(
  directory: HeldDirectory,
  name: string,
  { changedMs, level, content, keep, signal }: Naming,
): Promise<string> {
  for (let again = 1; again <= AGAIN_MAX; again += 1) {
    const own = compressedName(name, { changedMs, level, again });
    if (keep(own)) return own;
    if (directory.entry(own)?.kind !== "file") continue;
    using other = openIn(directory, own);
    // One of another time would go at another time.
    if (Math.abs(other.entry().changedMs - changedMs) > SAME_TIME_MS) continue;
    if (!(await holds(other, content, signal))) continue;
    syncFile(other);
    return own;
  }
  throw new Error(`more than ${AGAIN_MAX} compressed files of its name and time are there`);
}

/** Some file systems keep whole seconds, or even ones. */
const SAME_TIME_MS = 2_000;

/** Whether a compressed file is whole and has this in it. One that is damaged has not. */
async function holds(file: OpenedFile, { sha256, bytes }: Content, signal: AbortSignal): Promise<boolean> {
  const hash = new Bun.CryptoHasher("sha256");
  try {
    for await (const piece of unpacked(file, { coding: "zstd", most: bytes, signal })) hash.update(piece);
  } catch {
    signal.throwIfAborted();
    return false;
  }
  return hash.digest("hex") === sha256;
}
