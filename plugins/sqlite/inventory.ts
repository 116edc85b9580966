/** What the databases hold, without reading them whole. */
import { directorySize, type Inventory, isKind, PluginError, type Size } from "contextcore";
import { pageBytes } from "./copy.ts";
import { withDatabase } from "./database.ts";
import { type Saved, savesRows } from "./export.ts";
import { databaseFiles } from "./files.ts";
import { endsOf, type LedgerSpan, spanOf } from "./ledger.ts";

/** Looks at every database. One that cannot be opened costs itself, unless it is the only one. @throws PluginError */
export async function look(saved: Saved, signal: AbortSignal): Promise<Inventory> {
  const warnings: string[] = [];
  const files = databaseFiles(saved.path, (path, why) => warnings.push(`${path} cannot be read: ${why}.`));
  signal.throwIfAborted();
  const spans = files.flatMap(({ path }) => {
    try {
      return [spanIn(path, saved)];
    } catch (error) {
      if (!(error instanceof PluginError) || files.length === 1) throw error;
      warnings.push(`${error.message.replace(/^./, (first) => first.toUpperCase())}.`);
      return [];
    }
  });
  const times = spans.flatMap(({ oldest, newest }) => [oldest, newest]);
  return {
    signals: ["records"],
    serverVersion: `SQLite ${libraryVersion()}`,
    retention: "unlimited",
    counts: {
      databases: files.length,
      ...(savesRows(saved) && { rows: sum(spans.map(({ rows }) => rows)) }),
    },
    ...endsOf(times.filter((time) => time !== undefined)),
    warnings: files.length === 0 ? [...warnings, `No SQLite database matches ${saved.path}.`] : warnings,
  };
}

/** Whatever cannot be opened is told now, and not when it is to be saved. */
function spanIn(path: string, saved: Saved): LedgerSpan {
  pageBytes(path);
  const { ledger } = saved;
  if (ledger === undefined || !savesRows(saved)) return { rows: 0 };
  return withDatabase(path, "read", (database) => spanOf(database, ledger));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const libraryVersion = (): string =>
  withDatabase(":memory:", "write", (database) =>
    String(database.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()?.version),
  );

/** What the files take on the disk, their logs included. @throws PluginError */
export async function sizeOf({ path }: Saved, signal: AbortSignal): Promise<Size> {
  const files = databaseFiles(path);
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
