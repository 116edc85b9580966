import { openOwn } from "./own-file.ts";

/** A file that is changed where it lies. */
export interface EditedFile {
  /** Bytes. */
  readonly size: number;
  /** The bytes from one position to another; fewer at its end. */
  read(from: number, to: number): Promise<Uint8Array>;
  /** Writes all of the bytes over what is there. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file of ours to change parts of it. @throws UnsafeFileError; what the system throws */
export async function openEdited(path: string): Promise<EditedFile> {
  const handle = await openOwn(path, "change", {});
  const { size } = await handle.stat();
  return {
    size,
    async read(from, to) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(to, size) - from));
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    async write(bytes, at) {
      for (let done = 0; done < bytes.length; )
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    },
    close: () => handle.close(),
  };
}
