/** Free space for temporary files: space promised to one source is not promised to another. */
import { tmpdir } from "node:os";
import { PluginError } from "../../contract/errors.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { formatBytes } from "../../units/bytes.ts";

export interface TemporarySpace {
  readonly directory: string;
  /**
   * Promises this many bytes until the result is disposed of, waiting for other promises to end if necessary.
   * @throws PluginError `refused` when there is too little and no other promise to wait for
   */
  take(bytes: number): Promise<Disposable>;
}

/** @param free bytes now free there, if the system says so: if not, whoever writes finds out */
export function createTemporarySpace(
  directory = tmpdir(),
  free: (directory: string) => Promise<number | undefined> | number = freeBytes,
): TemporarySpace {
  let promised = 0;
  let released = Promise.withResolvers<void>();
  return {
    directory,
    async take(bytes) {
      for (;;) {
        const left = (await free(directory)) ?? Number.POSITIVE_INFINITY;
        // From here to the promise nobody else is promised anything.
        if (left - promised >= bytes) break;
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

const tooLittle = (directory: string, bytes: number, left: number): PluginError =>
  new PluginError(
    "refused",
    `it needs ${formatBytes(bytes)} of temporary space, and ${directory} has ${formatBytes(left)} free: set TMPDIR to a directory with more`,
  );
