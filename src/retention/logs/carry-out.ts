/** Compresses and removes what was planned, each file only if it is still the same. */
import type { Entry } from "../../storage/entries.ts";
import { holdDirectory } from "../../storage/held-directory.ts";
import type { OpenFiles } from "../../storage/open-files.ts";
import { removeIn, syncHeld } from "../../storage/replaced-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { ChangedLog, compressLog } from "./compress.ts";
import { type LeftLog, type LogItem, logMark } from "./plan.ts";
import type { LogPolicy } from "./policy.ts";

/** What was done. */
export interface LogsDone {
  readonly compressed: readonly {
    readonly file: string;
    /** The compressed file, below the directory. */
    readonly to: string;
    readonly bytes: number;
    readonly bytesAfter: number;
  }[];
  readonly removed: readonly { readonly file: string; readonly bytes: number }[];
  /** What was planned, and could not be done. */
  readonly left: readonly LeftLog[];
}

interface CarryingOut {
  readonly policy: LogPolicy;
  /** What is open now. */
  readonly open: () => OpenFiles;
  /** Why it stays, if something has come up since it was planned. */
  readonly stays: (item: LogItem) => string | undefined;
  readonly signal: AbortSignal;
  /** Is told after each file. */
  readonly onFile: (done: LogsDone) => void;
}

interface Growing extends LogsDone {
  readonly compressed: LogsDone["compressed"][number][];
  readonly removed: LogsDone["removed"][number][];
  readonly left: LeftLog[];
}

/** One after another; what cannot be done is left and named. */
export async function carryOutLogs(
  directory: string,
  items: readonly LogItem[],
  given: CarryingOut,
): Promise<LogsDone> {
  const done: Growing = { compressed: [], removed: [], left: [] };
  for (const item of items) {
    given.signal.throwIfAborted();
    try {
      await carryOut(directory, item, { ...given, done });
    } catch (error) {
      given.signal.throwIfAborted();
      const reason = error instanceof ChangedLog ? error.message : messageOf(error);
      done.left.push({ file: item.file, reason });
    }
    given.onFile(done);
  }
  return done;
}

async function carryOut(
  root: string,
  item: LogItem,
  { policy, open, stays, signal, done }: CarryingOut & { readonly done: Growing },
): Promise<void> {
  const { action, file, bytes, mark } = item;
  const names = file.split("/");
  const name = names.pop() ?? "";
  using directory = holdDirectory(root, names);
  const reason = stays(item) ?? whyNot(directory.entry(name), mark, open());
  if (reason !== undefined) throw new ChangedLog(reason);
  if (action === "remove") {
    removeIn(directory, name);
    syncHeld(directory);
    done.removed.push({ file, bytes });
    return;
  }
  const isOpen = (entry: Entry): boolean => open().has(entry);
  const to = await compressLog(directory, name, { mark, policy, isOpen, signal });
  done.compressed.push({ file, to: [...names, to.name].join("/"), bytes, bytesAfter: to.bytes });
}

function whyNot(entry: Entry | undefined, mark: string, open: OpenFiles): string | undefined {
  if (entry === undefined || logMark(entry) !== mark) return "it has changed since it was planned";
  return open.has(entry) ? "a program has opened it meanwhile" : undefined;
}
