/** Puts a compressed file in the place of a log: written, on the disk, read back and equal before the log goes. */
import type { Level } from "../../config/logs.ts";
import { compressBlock } from "../../snapshot/format/compress.ts";
import type { HeldDirectory } from "../../storage/held-directory.ts";
import {
  beginReplacement,
  type OpenedFile,
  openIn,
  removeIn,
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
  readonly signal: AbortSignal;
}

/** Of how many files of the same time and name there may be one more. */
const AGAIN_MAX = 100;

/** @throws ChangedLog; what the system throws; an error when what was read back is not equal: the log stays then */
export async function compressLog(
  directory: HeldDirectory,
  name: string,
  { mark, policy, signal }: Compressing,
): Promise<Compressed> {
  using log = openIn(directory, name);
  requireSame(log, mark);
  using replacement = beginReplacement(directory, log);
  const hash = new Bun.CryptoHasher("sha256");
  const scan = scanLevels();
  for await (const piece of piecesOf(log, signal)) {
    hash.update(piece);
    scan.add(piece);
    replacement.write(await compressBlock(piece));
  }
  requireSame(log, mark);
  const sha256 = hash.digest("hex");
  const written = replacement.finish();
  if ((await contentHash(written, signal)) !== sha256)
    throw new Error("what was compressed does not read back as it was");
  const own = await nameFor(directory, name, {
    ...{ sha256, signal, keep: replacement.keep, changedMs: log.entry().changedMs },
    level: deciding(policy, scan.found()),
  });
  syncHeld(directory);
  // Whoever has written to it meanwhile keeps it.
  const now = directory.entry(name);
  if (now === undefined || logMark(now) !== mark)
    throw new ChangedLog("it was changed while it was compressed");
  removeIn(directory, name);
  syncHeld(directory);
  return { name: own, bytes: written.entry().bytes };
}

function requireSame(file: OpenedFile, mark: string): void {
  if (logMark(file.entry()) !== mark) throw new ChangedLog("it has changed");
}

interface Naming {
  readonly changedMs: number;
  readonly level: Level | undefined;
  readonly sha256: string;
  readonly keep: (name: string) => boolean;
  readonly signal: AbortSignal;
}

/** Keeps it under the first name that is free, unless one of them already has the same content: a run was killed in between. */
async function nameFor(
  directory: HeldDirectory,
  name: string,
  { changedMs, level, sha256, keep, signal }: Naming,
): Promise<string> {
  for (let again = 1; again <= AGAIN_MAX; again += 1) {
    const own = compressedName(name, { changedMs, level, again });
    if (keep(own)) return own;
    using other = openIn(directory, own);
    if ((await contentHash(other, signal).catch(() => "")) === sha256) return own;
  }
  throw new Error(`more than ${AGAIN_MAX} compressed files of its name and time are there`);
}

async function contentHash(file: OpenedFile, signal: AbortSignal): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const piece of unpacked(piecesOf(file, signal), "zstd")) hash.update(piece);
  return hash.digest("hex");
}
