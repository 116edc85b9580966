/** What the databases hold, without reading them whole. */
import { directorySize, type Inventory, isKind, type Size } from "contextcore";
import { copyBytes } from "./copy.ts";
import { withDatabase } from "./database.ts";
import { type Saved, savesRows } from "./export.ts";
import { databaseFiles } from "./files.ts";
import { type Ledger, type LedgerSpan, spanOf } from "./ledger.ts";

/** Looks at every database. @throws PluginError when one cannot be opened */
export async function look(saved: Saved, signal: AbortSignal): Promise<Inventory> {
  const files = await databaseFiles(saved.path);
  signal.throwIfAborted();
  // Whatever cannot be opened is told now, and not when it is to be saved.
  for (const { path } of files) copyBytes(path);
  const { ledger } = saved;
  const spans =
    ledger === undefined || !savesRows(saved) ? [] : files.map(({ path }) => spanIn(path, ledger));
  return {
    signals: ["records"],
    serverVersion: `SQLite ${libraryVersion()}`,
    retention: "unlimited",
    counts: {
      databases: files.length,
      ...(spans.length > 0 && { rows: sum(spans.map(({ rows }) => rows)) }),
    },
    ...endsOf(spans),
    warnings: files.length === 0 ? [`No SQLite database matches ${saved.path}.`] : [],
  };
}

const spanIn = (path: string, ledger: Ledger): LedgerSpan =>
  withDatabase(path, "read", (database) => spanOf(database, ledger));

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function endsOf(spans: readonly LedgerSpan[]): Pick<Inventory, "oldest" | "newest"> {
  const times = spans.flatMap(({ oldest, newest }) => [oldest, newest]).filter((time) => time !== undefined);
  const [first] = times;
  if (first === undefined) return {};
  return {
    oldest: times.reduce((least, time) => (time < least ? time : least), first),
    newest: times.reduce((most, time) => (time > most ? time : most), first),
  };
}

const libraryVersion = (): string =>
  withDatabase(":memory:", "write", (database) =>
    String(database.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()?.version),
  );

/** What the files take on the disk, their logs included. @throws PluginError */
export async function sizeOf({ path }: Saved, signal: AbortSignal): Promise<Size> {
  const files = await databaseFiles(path);
  const sizes = files
    .flatMap((one) => [one.path, `${one.path}-wal`])
    .map((name) => sizeIfThere(name, signal));
  return { bytes: sum(await Promise.all(sizes)), source: "disk" };
}

async function sizeIfThere(path: string, signal: AbortSignal): Promise<number> {
  try {
    return await directorySize(path, signal);
  } catch (error) {
    if (isKind(error, "not-found")) return 0;
    throw error;
  }
}
