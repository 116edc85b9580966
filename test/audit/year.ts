/** A trail of a year, and its prune. */
import { basename, join } from "node:path";
import { closedSegments } from "../../src/audit/journal/segments.ts";
import { planTrailPrune } from "../../src/audit/retention/plan.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import type { Folder } from "./folder.ts";
import { recordPrune } from "./record-prune.ts";

export const DAY = 86_400_000;
export const START = Date.parse("2025-01-01T12:00:00Z");
export const NOW = START + 365 * DAY;

/** A year: an export a day, a destroy on every tenth. A month is a file; what is of one month is written together. */
export async function writeYear(folder: Folder, days = 365): Promise<void> {
  let day = 0;
  const trail = folder.open({ clock: () => START + day * DAY });
  for (let from = 0; from < days; ) {
    const month = new Date(START + from * DAY).getUTCMonth();
    const together: Promise<unknown>[] = [];
    for (; from < days && new Date(START + from * DAY).getUTCMonth() === month; from += 1) {
      const operation = from % 10 === 0 ? "destroy" : "export";
      together.push(trail.append({ operation, outcome: "success", details: { day: from } }));
    }
    day = from - 1; // all have the time of the month's last day
    await Promise.all(together);
  }
  await trail.close();
}

export const verify = (folder: Folder, home = folder.home) =>
  verifyTrail({ file: folder.file, home, project: "shop", sinks: [], signal: new AbortController().signal });

export const request = ({ file }: Folder, now = NOW) => ({ file, retentionDays: 90, now });

export const placesOf = ({ directory, home }: Folder) => ({ archive: join(directory, "archive"), home });

export async function prune(folder: Folder, now = NOW): Promise<void> {
  const trail = folder.open({ clock: () => now });
  await recordPrune(trail, planTrailPrune(request(folder, now)), placesOf(folder));
  await trail.close();
}

export const closed = ({ file }: Folder) => closedSegments(file).map(({ path }) => basename(path));
