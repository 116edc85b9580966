/** What an export gives that no backend could be asked for anything: what each failed with, and no snapshot. */
import { formatManifest, type Manifest } from "../snapshot/format/manifest.ts";
import { fromMs } from "../units/range.ts";
import { buildManifest } from "./build-manifest.ts";
import { newRequest } from "./requested.ts";
import type { ExportJob } from "./types.ts";

/** Whether nothing at all was read, of any backend. */
export const isUnread = ({ status }: Pick<Manifest, "status">): boolean => status === "failed";

/** What each backend failed with, in a sentence. */
export function whyUnread({ plugins }: Pick<Manifest, "plugins">): string {
  const reasons = plugins.flatMap(({ name, problems: [first] }) =>
    first ? [`${name}: ${first.reason}`] : [],
  );
  return `no backend could be asked for anything: ${reasons.join("; ")}`;
}

/** What is known of an export that was not begun, since no backend could be asked. */
export function notBegun(job: Omit<ExportJob, "directory">): Manifest {
  const now = fromMs(Date.now());
  return formatManifest(buildManifest(newRequest(job, now), [], NO_FILES, now)).manifest;
}

const NO_FILES = {
  files: [],
  index: { bytes: 0, lines: 0, sha256: new Bun.CryptoHasher("sha256").digest("hex") },
};
