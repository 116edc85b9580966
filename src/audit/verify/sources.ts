/** The files of a trail as they are at one instant, so that later writes do not look like tampering. */
import { basename } from "node:path";
import { isThere } from "../../storage/entries.ts";
import { TrailError } from "../format/error.ts";
import { endOf } from "../format/lines.ts";
import { blocksIn, blocksInFile, blocksOf, decompressed, openForReading } from "../journal/forward.ts";
import type { Head, Home } from "../journal/home.ts";
import { lockOf } from "../journal/journal.ts";
import { withTrailLockIfThere } from "../journal/lock.ts";
import { closedSegments, type Segment } from "../journal/segments.ts";

/** One file of the trail. */
export interface TrailFile {
  readonly name: string;
  readonly compressed: boolean;
  /**
   * Its whole lines, see {@link blocksOf}.
   * @param onHash receives the SHA-256 of a compressed file's bytes, hex
   * @throws TrailError when it cannot be read whole
   */
  blocks(onHash: (sha256: string) => void): Iterable<Buffer>;
}

/** A trail as it was at one instant. */
interface TrailInstant {
  /** Oldest first. */
  readonly sources: readonly TrailFile[];
  /** Bytes after the last whole line. */
  readonly torn: number;
  /** What the home knew of the trail then. */
  readonly head: Head | undefined;
  close(): void;
}

/**
 * Takes the lock, so that nobody writes meanwhile, and creates nothing.
 * @throws TrailError when there is no trail and the home knows of none, or when it cannot be read
 */
export const lookAt = (file: string, home: Home): Promise<TrailInstant> =>
  withTrailLockIfThere(lockOf(file), () => {
    const end = endOf(file);
    const closed = closedSegments(file).map(sourceOf);
    const head = home.readHead();
    if (end === undefined && closed.length === 0 && head === undefined) throw missing(file);
    if (end === undefined) return { sources: closed, torn: 0, head, close: () => {} };
    const opened = openForReading(file); // remains the same file if the trail is rotated meanwhile
    const blocks = () => blocksOf(opened, file, end.size);
    const sources = [...closed, { name: basename(file), compressed: false, blocks }];
    return { sources, torn: end.torn, head, close: opened.close };
  });

const missing = (file: string): TrailError =>
  new TrailError(`there is no trail: ${file}`, {
    hint: "The first command that changes something creates it.",
  });

/** A reader does not hold the lock for long, so a plain file may be compressed before it is read. */
const sourceOf = ({ path, compressed }: Segment): TrailFile => ({
  name: basename(path),
  compressed,
  blocks(onHash) {
    if (!compressed && isThere(path)) return blocksInFile(path);
    const hash = (bytes: Buffer): void => onHash(Bun.SHA256.hash(bytes, "hex"));
    return blocksIn(decompressed(compressed ? path : `${path}.zst`, hash));
  },
});
