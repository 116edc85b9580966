/** An export in a process of its own that stops in the middle of a dump, to be killed there: `bun dump-child.ts DIRECTORY`. */
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { dumpBackend, noise } from "./dump-backend.ts";
import { FAST, jobOf } from "./run.ts";

const [directory = ""] = process.argv.slice(2);
const open = dumpBackend({
  files: { "x.bin": noise(10) },
  dumps: { "ledger.db": noise(1_000_000) },
  // Larger than what is gathered in memory, and than one group of commits.
  pieceBytes: 100_000,
  onPiece: async (piece) => {
    if (piece < 5) return Bun.sleep(20);
    console.log("half of it is written");
    await new Promise(() => setTimeout(() => {}, 60_000));
  },
});
await exportSnapshot(jobOf(directory, [open], { tuning: { ...FAST, groupMs: 5 } }));
