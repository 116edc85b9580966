/** What a release says of its files: the bill of materials and the sums. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toSbom } from "./sbom.ts";

export const SUMS = "SHA256SUMS";
export const SBOM = "contextcore.spdx.json";

/**
 * Writes both anew, from the files as they lie in the folder: again after a file was signed, since that changes it. The
 * same files give the same bytes. `created`: ISO 8601, without a fraction.
 */
export function describeRelease(
  folder: string,
  { version, created }: { readonly version: string; readonly created: string },
): void {
  const names = readdirSync(folder)
    .filter((name) => name !== SUMS && name !== SBOM)
    .sort();
  const sums = new Map(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
  const sbom = toSbom({ version, created, sums });
  writeFileSync(join(folder, SBOM), sbom);
  const lines = [...sums.set(SBOM, sha256(sbom))].map(([name, sum]) => `${sum}  ${name}\n`).sort(byName);
  writeFileSync(join(folder, SUMS), lines.join(""));
}

const byName = (a: string, b: string): number => (a.slice(64) < b.slice(64) ? -1 : 1);

export const sha256 = (content: string | Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(content).digest("hex");

/** ISO 8601: a release of the same commit has the same time. `SOURCE_DATE_EPOCH`, s, wins. */
export function releaseTime(root: string): string {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? commitTime(root));
  return new Date(seconds * 1000).toISOString().replace(/\.\d+/, "");
}

/** s since the epoch. */
function commitTime(root: string): string {
  const { stdout, exitCode } = Bun.spawnSync(["git", "log", "-1", "--format=%ct"], {
    cwd: root,
    stdout: "pipe",
  });
  return exitCode === 0 ? stdout.toString().trim() : "0";
}
