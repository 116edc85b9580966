/** Free space for temporary files: space promised to one source is not promised to another. */
import { tmpdir } from "node:os";
import { PluginError } from "../../contract/errors.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { formatBytes } from "../../units/bytes.ts";

/** The free space of one directory, shared among the sources that are read at one go. */
export interface TemporarySpace {
  readonly directory: string;
  /**
   * Promises this many bytes until the result is disposed of, waiting for other promises to end if necessary.
   * @throws PluginError `refused` when there is too little and no other promise to wait for
   */
  take(bytes: number): Promise<Disposable>;
}

/** @param free bytes now free there */
export function createTemporarySpace(
  directory = tmpdir(),
  free: (directory: string) => number = freeOrUnknown,
): TemporarySpace {
  let promised = 0;
  let released = Promise.withResolvers<void>();
  return {
    directory,
    async take(bytes) {
      for (let left = free(directory); left - promised < bytes; left = free(directory)) {
        if (promised === 0) throw tooLittle(directory, bytes, left);
        await released.promise;
      }
      promised += bytes;
      return {
        [Symbol.dispose]() {
          promised -= bytes;
          released.resolve();
          released = Promise.withResolvers();
        },
      };
    },
  };
}

/** Where the system does not say, the writer finds out. */
const freeOrUnknown = (directory: string): number => freeBytes(directory) ?? Number.POSITIVE_INFINITY;

const tooLittle = (directory: string, bytes: number, left: number): PluginError =>
  new PluginError(
    "refused",
    `it needs ${formatBytes(bytes)} of temporary space, and ${directory} has ${formatBytes(left)} free: set TMPDIR to a directory with more`,
  );
