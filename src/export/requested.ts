/** What an export is asked for, as it is kept while it is unfinished. */
import { hostname } from "node:os";
import type { ExportRequest } from "../contract/contract.ts";
import { rangeFromText, rangeToText } from "../snapshot/format/range-text.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import { given } from "../units/given.ts";
import { toRfc3339 } from "../units/range.ts";
import { createLedger, type Ledger } from "./ledger/ledger.ts";
import type { ExportJob } from "./types.ts";

/** The request of a new export. @param created ns */
export function newRequest(job: Omit<ExportJob, "directory">, created: bigint): SnapshotRequest {
  return {
    format: 1,
    tool: job.tool ?? "contextcore",
    created: toRfc3339(created),
    host: hostname(),
    user: job.user ?? "unknown",
    resumed: 0,
    ...given({ compression: job.compression, fileBytesMax: job.fileBytesMax }),
    plugins: job.backends.map(({ open, request: { range, match }, parent }) => ({
      name: open.name,
      ...(open.plugin.name === open.name ? {} : { plugin: open.plugin.name }),
      ...given({ folder: open.folder, url: open.url, tenant: open.tenant, match, parent }),
      range: rangeToText(range),
    })),
    failures: [...job.failures],
  };
}

/** An empty ledger for each backend. */
export function ledgersOf(request: SnapshotRequest): Map<string, Ledger> {
  const asked = ({ range, match }: SnapshotRequest["plugins"][number]): ExportRequest => ({
    range: rangeFromText(range),
    ...given({ match }),
  });
  return new Map(request.plugins.map((plugin) => [plugin.name, createLedger(asked(plugin))]));
}
