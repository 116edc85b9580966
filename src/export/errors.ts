import { messageOf } from "../units/message-of.ts";
import { systemRefusal } from "../units/system-refusal.ts";

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
    const [remedy = "fix that"] = systemRefusal(cause)?.remedies ?? [];
    const first = `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
    this.hint = `${first}, then run: contextcore export --resume ${partial} (nothing that was read is lost)`;
  }
}
