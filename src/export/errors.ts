import { messageOf } from "../units/message-of.ts";

/** The export was asked to stop. Committed data is kept, and `--resume` continues from there. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly hint: string;
  /** The directory of the unfinished snapshot. */
  readonly partial: string;

  constructor(partial: string) {
    super(`the export was interrupted; what was read so far is in ${partial}`);
    this.partial = partial;
    this.hint = `contextcore export --resume ${partial}`;
  }
}

/** The export cannot continue (the disk is full, the directory is gone). Committed data is kept, as above. */
export class ExportStopped extends Error {
  override readonly name = "ExportStopped";
  readonly hint: string;
  readonly partial: string;

  constructor(partial: string, cause: unknown) {
    const reason = messageOf(cause);
    super(`the export stopped: ${reason}`, { cause });
    this.partial = partial;
    this.hint = `Nothing committed is lost. Once that is fixed: contextcore export --resume ${partial}`;
  }
}
