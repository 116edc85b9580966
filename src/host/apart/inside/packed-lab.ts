/** The built-in look-alikes of Tempo, Mimir, Loki and Grafana. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packedLabs } from "./packed-lab.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const PACKED: string = packedLabs();

/** @returns a value still to be checked to be a lab. @param name one of {@link LAB_NAMES} */
export async function loadPackedLab(name: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "contextcore-lab-"));
  try {
    const path = join(folder, "labs.js");
    writeFileSync(path, Bun.zstdDecompressSync(Buffer.from(PACKED, "base64")));
    const { default: labs }: { default: object } = await import(pathToFileURL(path).href);
    return Reflect.get(labs, name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
