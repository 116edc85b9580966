import { resolve } from "node:path";

/** The command that starts this very program again. */
export const OWN_PROGRAM: readonly string[] = Bun.isStandaloneExecutable
  ? [process.execPath]
  : [process.execPath, resolve(import.meta.dir, "../main.ts")];
